// Package oracle says what NetworkPolicies allow, for every pod that can exist, by trying them all. It is what the
// statements of npgen are held to in tests, and shares nothing with npgen: no code, and no method.
//
// In: sets of NetworkPolicies, and beside them ClusterNetworkPolicies, of which the API server would take each; what is known of namespaces; and what else the
// questions name, such as the ends of a row. Out: a world, in which every combination of namespace labels, pod labels,
// addresses, ports and port names is tried that anything mentioned can tell from others; and in it the flows of each set
// of policies, how two sets differ, and whether a flow between two concrete ends is open. It refuses policies and
// questions with selectors, ports or addresses that are none, and worlds of more than 256 kinds of ports.
//
// What can exist: a namespace of any name, with any labels where none are known; one namespace has one set of labels,
// also where it is at both ends. A pod with any labels, that calls any of its ports by any of the names. An address
// is never a pod's.
package oracle

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
)

// NameLabel is the label that every namespace has: its name.
const NameLabel = "kubernetes.io/metadata.name"

// Selection is the pods that one selector picks, of the namespaces that another picks.
type Selection struct {
	NamespaceSelector metav1.LabelSelector `json:"namespaceSelector"`
	PodSelector       metav1.LabelSelector `json:"podSelector"`
}

// Set is an end of flows: pods, without some, and addresses.
type Set struct {
	Pods      []Selection `json:"pods"`
	Except    []Selection `json:"except"`
	Addresses []string    `json:"addresses"`
	// Blocks is more addresses.
	Blocks []networkingv1.IPBlock `json:"-"`
}

// In returns the selection of pods in the namespace of a name.
func In(namespace string, pods metav1.LabelSelector) Selection {
	return Selection{metav1.LabelSelector{MatchLabels: map[string]string{NameLabel: namespace}}, pods}
}

// Facts is what is known and asked beside the NetworkPolicies.
type Facts struct {
	// Cluster is the ClusterNetworkPolicies of each side; sides behind them have none.
	Cluster [][]clusterpolicy.Policy
	// Namespaces are those whose labels are known, all of them, besides the name.
	Namespaces map[string]map[string]string
	// Sets and Ports are what the questions name.
	Sets  []Set
	Ports []string
	// Workloads, Entries and Named are what somebody declared: pods, namespaces by label, and namespaces of which only
	// the name is stated. A pod is plain where it takes no assumption about them, see End.Plain.
	Workloads []Selection
	// Known is all labels of the pods of Workloads besides those that their selectors speak of, by their places there; others
	// cannot exist. Workloads without any here have any.
	Known   map[int]map[string]string
	Entries []metav1.LabelSelector
	Named   []string
}

// World is all pods, addresses and ports that can be told apart.
type World struct {
	facts      Facts
	names      []string // of namespaces; the last stands for every other
	spaces     [][]space
	selections map[string]int // by text
	parts      [][2]int       // the namespace and the pod selector of each selection
	selectors  [2]selectors
	blocks     []block
	blockIndex map[string]int
	ports      ports
	ends       []End
	sides      []side
}

// End is a class of pods or of addresses that nothing mentioned tells apart.
type End struct {
	// Pod says that these are pods, else they are addresses.
	Pod bool
	// Plain says that the pods take no assumption. They belong to no workload, or to one and those that include it, not to
	// two of which neither includes the other; their namespace has no labels that nobody stated, and where nobody declares
	// it by name, it belongs to the entries likewise. A class has only such pods or none.
	Plain bool

	in      bitset // selections, or blocks
	name    int
	spaces  bitset                    // of the name
	labels  map[int]map[string]string // an example in each of the spaces
	address netip.Addr
}

// Flow is a class of flows.
type Flow struct {
	From, To int
	Ports    Ports
}

// New makes the world of sets of policies.
func New(facts Facts, sides ...[]networkingv1.NetworkPolicy) (*World, error) {
	w := &World{facts: facts, selections: map[string]int{}, blockIndex: map[string]int{}}
	w.selectors[0].index, w.selectors[1].index = map[string]int{}, map[string]int{}
	defaulted := make([][]networkingv1.NetworkPolicy, len(sides))
	for i, side := range sides {
		for _, p := range side {
			defaulted[i] = append(defaulted[i], Default(p))
		}
	}
	if err := w.collect(defaulted); err != nil {
		return nil, err
	}
	if err := w.ports.split(); err != nil {
		return nil, err
	}
	w.collectNames(defaulted)
	if err := w.makePods(); err != nil {
		return nil, err
	}
	w.makeAddresses()
	for _, policies := range defaulted {
		side, err := w.compile(policies)
		if err != nil {
			return nil, err
		}
		if n := len(w.sides); n < len(facts.Cluster) {
			if side.admin, err = w.compileTier(facts.Cluster[n], admin); err != nil {
				return nil, err
			}
			if side.baseline, err = w.compileTier(facts.Cluster[n], baseline); err != nil {
				return nil, err
			}
		}
		w.sides = append(w.sides, side)
	}
	return w, nil
}

// collect notes every selector, block and port that is mentioned.
func (w *World) collect(sides [][]networkingv1.NetworkPolicy) error {
	for _, policies := range sides {
		for i := range policies {
			if err := w.collectPolicy(&policies[i]); err != nil {
				return fmt.Errorf("policy %s/%s: %w", policies[i].Namespace, policies[i].Name, err)
			}
		}
	}
	for _, policies := range w.facts.Cluster {
		for i := range policies {
			if err := w.collectCluster(&policies[i]); err != nil {
				return fmt.Errorf("policy %s: %w", policies[i].Name, err)
			}
		}
	}
	for i := range w.facts.Sets {
		if err := w.collectSet(&w.facts.Sets[i]); err != nil {
			return err
		}
	}
	for _, s := range w.facts.Workloads {
		if _, err := w.selection(s); err != nil {
			return err
		}
	}
	for _, known := range w.facts.Known { // so that pods with and without these labels are told apart
		if _, err := w.selectors[1].add(metav1.LabelSelector{MatchLabels: known}); err != nil {
			return err
		}
	}
	for _, s := range w.facts.Entries {
		if _, err := w.selection(Selection{NamespaceSelector: s}); err != nil {
			return err
		}
	}
	for _, token := range w.facts.Ports {
		if err := w.ports.mention(token); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) collectSet(s *Set) error {
	for _, list := range [][]Selection{s.Pods, s.Except} {
		for _, selection := range list {
			if _, err := w.selection(selection); err != nil {
				return err
			}
		}
	}
	for _, b := range s.blocks() {
		if _, err := w.block(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) blocks() []networkingv1.IPBlock {
	out := slices.Clone(s.Blocks)
	for _, cidr := range s.Addresses {
		out = append(out, networkingv1.IPBlock{CIDR: cidr})
	}
	return out
}

func (w *World) collectPolicy(p *networkingv1.NetworkPolicy) error {
	if _, err := w.selection(In(p.Namespace, p.Spec.PodSelector)); err != nil {
		return err
	}
	for _, r := range append(rulesOf(p, false), rulesOf(p, true)...) {
		for _, peer := range r.peers {
			var err error
			if peer.IPBlock != nil {
				_, err = w.block(*peer.IPBlock)
			} else {
				_, err = w.selection(peerSelection(p.Namespace, peer))
			}
			if err != nil {
				return err
			}
		}
		for _, port := range r.ports {
			w.ports.mentionRule(port)
		}
	}
	return nil
}

// collectNames notes the names of namespaces: those with policies, those known, those that a selector asks for, and one
// that stands for all others.
func (w *World) collectNames(sides [][]networkingv1.NetworkPolicy) {
	names := map[string]bool{}
	for _, policies := range sides {
		for _, p := range policies {
			names[p.Namespace] = true
		}
	}
	for n := range w.facts.Namespaces {
		names[n] = true
	}
	for _, n := range w.facts.Named {
		names[n] = true
	}
	for v := range w.selectors[0].values()[NameLabel] {
		if v != "" { // no namespace is called that
			names[v] = true
		}
	}
	w.names = append(slices.Sorted(maps.Keys(names)), "any-other-namespace")
}

// isFresh reports whether a name stands for every namespace that nothing mentions.
func (w *World) isFresh(name int) bool { return name == len(w.names)-1 }

// End returns a class.
func (w *World) End(i int) *End { return &w.ends[i] }

// Ends returns how many classes there are.
func (w *World) Ends() int { return len(w.ends) }

// Namespace returns the name of a class's namespace, "" of addresses.
func (w *World) Namespace(i int) string {
	if !w.ends[i].Pod {
		return ""
	}
	return w.names[w.ends[i].name]
}

// Possible reports whether flows between two classes can exist: not between addresses, and a namespace has one set of
// labels.
func (w *World) Possible(from, to int) bool {
	f, t := &w.ends[from], &w.ends[to]
	switch {
	case !f.Pod && !t.Pod:
		return false
	case !f.Pod || !t.Pod || f.name != t.name || w.isFresh(f.name):
		return true
	}
	return f.spaces.meet(t.spaces)
}
