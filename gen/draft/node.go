package draft

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// space is a namespace by its name, or those that a selector selects.
type space struct {
	name string
	// selector is nil for a namespace by name.
	selector *metav1.LabelSelector
	owned    bool
	// isolates is the directions that policies of all its pods isolate.
	isolates graph.Directions
	// usual is what most of its workloads are isolated for, where it isolates none of its pods by itself.
	usual graph.Directions
	// needed says that an edge names the namespaces by themselves or a workload in them.
	needed bool
	nodes  []*node
}

// every reports whether the space is all namespaces.
func (s *space) every() bool { return s.selector != nil && rule.SelectsAll(s.selector) }

// perWorkload is deny "workload".
func (s *space) perWorkload() bool { return s.isolates == 0 }

// node is an end of edges: pods, everyone, or addresses.
type node struct {
	// space is nil for everyone and addresses.
	space *space
	// selector is nil for every pod of the space.
	selector *metav1.LabelSelector
	set      sets.Pods
	anyone   bool
	// builtin is the name of a built-in peer that stands for more than pods or addresses.
	builtin string
	blocks  []*rule.Block
	// own is the directions that policies with just this subject isolate, isolates those that any policy isolates for all
	// pods of the node.
	own, isolates graph.Directions
	// name is that of a workload or external, without its namespace.
	name string
	// of is the members of a group which the node stands for; used says whether an edge has the node by itself.
	of   []*node
	used bool
}

// ends returns the node as ends of flows.
func (n *node) ends() sets.Ends {
	switch {
	case n.anyone:
		return sets.Everyone()
	case len(n.blocks) > 0:
		return sets.Ends{Addresses: addresses(n.blocks)}
	}
	return sets.Ends{Pods: []sets.Pods{n.set}}
}

func addresses(blocks []*rule.Block) sets.Addresses {
	var out sets.Addresses
	for _, b := range blocks {
		out = out.Union(b.Addresses)
	}
	return out
}

// whole reports whether the node is every pod of its namespaces.
func (n *node) whole() bool { return n.space != nil && n.selector == nil }

// isWorkload reports whether the node is pods that only a workload names.
func (n *node) isWorkload() bool { return n.space != nil && n.selector != nil }

func (m *importer) everyone() *node {
	return m.remember("any", func() *node { return &node{anyone: true} })
}

// node returns the node of pods; nil where no pod can be in the set.
func (m *importer) node(pods sets.Pods) *node {
	if pods.IsEmpty() {
		return nil
	}
	return m.remember("pods "+pods.Key(), func() *node {
		namespaces, selector := m.Selectors(pods)
		n := &node{set: pods, space: m.space(m.Name(pods), namespaces)}
		if !rule.SelectsAll(selector) {
			c := graph.Canonical(*selector)
			n.selector = &c
		}
		n.space.nodes = append(n.space.nodes, n)
		return n
	})
}

func (m *importer) remember(key string, found func() *node) *node {
	n := m.nodeByKey[key]
	if n == nil {
		n = found()
		m.nodeByKey[key] = n
		m.nodes = append(m.nodes, n)
	}
	return n
}

// space returns the namespace of a name, or those that a selector selects where it asks for more or for no name.
func (m *importer) space(name string, selector *metav1.LabelSelector) *space {
	if name != "" && len(selector.MatchLabels) == 1 && len(selector.MatchExpressions) == 0 {
		selector = nil
	} else {
		name = ""
		c := graph.Canonical(*selector)
		selector = &c
	}
	key := name
	if selector != nil {
		key = "labels " + rule.NormalForm(selector)
	}
	s := m.spaceByKey[key]
	if s == nil {
		s = &space{name: name, selector: selector}
		m.spaceByKey[key] = s
		m.spaces = append(m.spaces, s)
	}
	return s
}

// byName returns the pods of a list of namespaces by name as the pods of each.
func (m *importer) byName(p sets.Pods) []sets.Pods {
	namespaces, selector := m.Selectors(p)
	if p.IsEmpty() || len(namespaces.MatchLabels) > 0 || len(namespaces.MatchExpressions) != 1 {
		return []sets.Pods{p}
	}
	e := namespaces.MatchExpressions[0]
	if e.Key != rule.NamespaceName || e.Operator != metav1.LabelSelectorOpIn {
		return []sets.Pods{p}
	}
	var out []sets.Pods
	for _, name := range e.Values {
		out = append(out, m.Select(m.Namespace(name), selector))
	}
	return out
}

// blocks returns the nodes of the addresses of a rule: ranges without exceptions each by themselves where they are few,
// else all as one.
func (m *importer) blocks(r *rule.Rule) []*node {
	var all []*rule.Block
	excepts := false
	for _, p := range r.Peers {
		if p.Block == nil || p.Block.Addresses.IsEmpty() {
			continue
		}
		all = append(all, p.Block)
		excepts = excepts || len(p.Block.Except) > 0
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b *rule.Block) int { return cmp.Compare(blockText(a), blockText(b)) })
	if (excepts || len(all) > 2) && sayable(all) {
		return []*node{m.addressNode(all)}
	}
	var out []*node
	for i := range all {
		out = append(out, m.addressNode(all[i:i+1]))
	}
	return out
}

// sayable reports whether ranges together are what an external of them is: none of the exceptions of one is in another.
func sayable(blocks []*rule.Block) bool {
	var cidrs, except []netip.Prefix
	for _, b := range blocks {
		cidrs = append(cidrs, prefix(b.CIDR))
		for _, e := range b.Except {
			except = append(except, prefix(e))
		}
	}
	return sets.AddressesOf(cidrs, except).Equal(addresses(blocks))
}

func (m *importer) addressNode(blocks []*rule.Block) *node {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, blockText(b))
	}
	slices.Sort(texts)
	return m.remember("addresses "+strings.Join(texts, " "), func() *node { return &node{blocks: blocks} })
}

func blockText(b *rule.Block) string {
	return b.CIDR + " but " + strings.Join(b.Except, ",")
}

// prefix returns a range as the language writes it; what stands behind the mask is no part of it.
func prefix(cidr string) netip.Prefix { return netip.MustParsePrefix(cidr).Masked() }
