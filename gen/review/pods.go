package review

import (
	"maps"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// pod is the pods of a workload of the input, or those that a selector speaks of.
type pod struct {
	world.Pod
	// workload is nil for pods that only a selector speaks of.
	workload *inventory.Workload
}

// pods finds pods by selectors. The work grows with what is found: pods are known by their labels.
type pods struct {
	namespaces map[string]map[string]string
	byLabel    map[label][]*pod
	in         map[string][]*pod
	// workloads counts the workloads of the input by namespace.
	workloads map[string]int
	// selected holds namespaces by the selectors that were asked for.
	selected map[string][]string
	// keys holds every label key of a workload.
	keys map[string]bool
}

type label struct{ key, value string }

func newPods(c world.Cluster, workloads []*inventory.Workload) *pods {
	out := &pods{
		namespaces: c.Namespaces, byLabel: map[label][]*pod{}, in: map[string][]*pod{},
		workloads: map[string]int{}, selected: map[string][]string{}, keys: map[string]bool{},
	}
	for i, p := range c.Pods {
		q := &pod{Pod: p}
		if i < len(workloads) {
			q.workload = workloads[i]
			out.workloads[p.Namespace]++
			for k := range p.Labels {
				out.keys[k] = true
			}
		}
		out.in[p.Namespace] = append(out.in[p.Namespace], q)
		for k, v := range p.Labels {
			out.byLabel[label{k, v}] = append(out.byLabel[label{k, v}], q)
		}
	}
	return out
}

// named returns the one namespace that a selector selects by its name, or "".
func named(s *metav1.LabelSelector) string {
	if s == nil {
		return ""
	}
	if v := s.MatchLabels[rule.NamespaceName]; v != "" {
		return v
	}
	for _, x := range s.MatchExpressions {
		if x.Key == rule.NamespaceName && x.Operator == metav1.LabelSelectorOpIn && len(x.Values) == 1 {
			return x.Values[0]
		}
	}
	return ""
}

// peerNamespaces returns the namespaces of a peer, sorted.
func (ps *pods) peerNamespaces(own string, peer networkingv1.NetworkPolicyPeer) []string {
	if peer.NamespaceSelector == nil {
		return []string{own}
	}
	key := metav1.FormatLabelSelector(peer.NamespaceSelector)
	if found, ok := ps.selected[key]; ok {
		return found
	}
	selector := selectorOf(peer.NamespaceSelector)
	found := []string{}
	for _, n := range slices.Sorted(maps.Keys(ps.namespaces)) {
		set := labels.Set{}
		maps.Copy(set, ps.namespaces[n])
		set[rule.NamespaceName] = n
		if selector.Matches(set) {
			found = append(found, n)
		}
	}
	ps.selected[key] = found
	return found
}

// selectorOf compiles a selector that was checked before; nil is everything.
func selectorOf(s *metav1.LabelSelector) labels.Selector {
	if s == nil {
		return labels.Everything()
	}
	out, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return out
}

// matching returns the pods of namespaces that a selector selects.
func (ps *pods) matching(namespaces []string, s *metav1.LabelSelector) []*pod {
	selector := selectorOf(s)
	var out []*pod
	add := func(candidates []*pod) {
		for _, p := range candidates {
			if _, in := slices.BinarySearch(namespaces, p.Namespace); in && selector.Matches(labels.Set(p.Labels)) {
				out = append(out, p)
			}
		}
	}
	if s != nil && len(s.MatchLabels) > 0 {
		k := slices.Min(slices.Collect(maps.Keys(s.MatchLabels)))
		add(ps.byLabel[label{k, s.MatchLabels[k]}])
		return out
	}
	for _, n := range namespaces {
		add(ps.in[n])
	}
	return out
}

// subjects returns the pods that a policy selects. A policy for every pod of a namespace of which no workload is known
// speaks of one more than those that other selectors name.
func (ps *pods) subjects(p *policy) []*pod {
	out := ps.matching([]string{p.Namespace}, &p.Spec.PodSelector)
	if rule.SelectsAll(&p.Spec.PodSelector) && ps.workloads[p.Namespace] == 0 {
		out = append(out, &pod{Pod: world.Pod{Namespace: p.Namespace, Name: world.Other}})
	}
	return out
}

// peerPods returns the pods of a peer by selectors: those of workloads or that other selectors speak of.
func (ps *pods) peerPods(own string, peer networkingv1.NetworkPolicyPeer) []*pod {
	if peer.IPBlock != nil {
		return nil
	}
	return ps.matching(ps.peerNamespaces(own, peer), peer.PodSelector)
}

// onlyWorkloads returns the pods of workloads, or none where some of the pods are of no workload of the input.
func onlyWorkloads(in []*pod) []*pod {
	for _, p := range in {
		if p.workload == nil {
			return nil
		}
	}
	return in
}

// example returns one end that a peer speaks of.
func (ps *pods) example(own string, peer networkingv1.NetworkPolicyPeer) (flows.End, bool) {
	if peer.IPBlock != nil {
		return blockEnd(peer.IPBlock)
	}
	if found := ps.peerPods(own, peer); len(found) > 0 {
		return flows.End{Pod: &found[0].Pod}, true
	}
	namespaces := ps.peerNamespaces(own, peer)
	if len(namespaces) == 0 {
		return flows.End{}, false
	}
	p := &world.Pod{Namespace: namespaces[0], Name: world.Other}
	if peer.PodSelector != nil {
		p.Labels = rule.Example(peer.PodSelector)
	}
	return flows.End{Pod: p}, true
}

// blockEnd returns the first address of a block.
func blockEnd(b *networkingv1.IPBlock) (flows.End, bool) {
	cidr, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return flows.End{}, false
	}
	var excepts []netip.Prefix
	for _, e := range b.Except {
		if except, err := netip.ParsePrefix(e); err == nil {
			excepts = append(excepts, except)
		}
	}
	addresses := sets.AddressesOf([]netip.Prefix{cidr}, excepts)
	if addresses.IsEmpty() {
		return flows.End{}, false
	}
	return flows.End{Addr: addresses.Example()}, true
}
