package review

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Of the pods of a workload all labels are known. Of pods of which only a selector speaks some are: one policy says
// `app: orders`, another `tier: backend`, and both may be the same pods. What such pods lack is said only where none of
// them can have it.

// pods is pods of which the input speaks: those of a workload, or those of a selector that selects no workload.
type pods struct {
	sets.Pods
	// workload and pod are nil where only a selector speaks of the pods.
	workload *inventory.Workload
	pod      *world.Pod
}

// end returns the pods of a workload as the end of a flow.
func (p *pods) end() flows.End { return flows.End{Pod: p.pod} }

// onHost reports whether the pods use the node's network, so that no policy governs them.
func (p *pods) onHost() bool { return p.workload != nil && p.workload.HostNetwork }

// index finds pods by the sets that they are in.
type index struct {
	boxes *sets.Union
	list  []*pods
}

func (r *reviewer) newIndex() *index { return &index{boxes: r.NewUnion()} }

func (r *reviewer) add(to *index, p *pods) {
	b := r.With(sets.Source, p.Pods)
	b.Mark = int32(len(to.list))
	to.boxes.Add(b)
	to.list = append(to.list, p)
}

// in returns those pods of an index that lie in a set, in their order.
func (r *reviewer) in(x *index, p sets.Pods) []*pods {
	var at []int32
	for _, b := range x.boxes.Meeting(r.With(sets.Source, p)) {
		if r.Within(x.list[b.Mark].Pods, p) {
			at = append(at, b.Mark)
		}
	}
	slices.Sort(at)
	out := make([]*pods, len(at))
	for i := range at {
		out[i] = x.list[at[i]]
	}
	return out
}

// declare finds the pods of workloads; pods are those of the cluster, in the same order.
func (r *reviewer) declare(of []world.Pod) {
	r.workloads, r.keys, r.byNamespace = r.newIndex(), map[string]bool{}, map[string][]*inventory.Workload{}
	for i, w := range r.inv.Workloads {
		p := &of[i]
		r.add(r.workloads, &pods{r.Labels(r.namespace(p.Namespace), p.Labels), w, p})
		r.byNamespace[p.Namespace] = append(r.byNamespace[p.Namespace], w)
		for k := range p.Labels {
			r.keys[k] = true
		}
	}
}

// imply finds the pods of which only selectors speak: those that select no workload.
func (r *reviewer) imply() {
	r.implied, r.known = r.newIndex(), map[string][]*pods{}
	seen := map[string]bool{}
	imply := func(p sets.Pods, s *metav1.LabelSelector) {
		key := p.Key()
		if rule.SelectsAll(s) || seen[key] {
			return
		}
		seen[key] = true
		if len(r.in(r.workloads, p)) > 0 {
			return
		}
		for _, part := range r.ByValue(p) {
			if k := part.Key(); k == key || !seen[k] {
				seen[k] = true
				r.add(r.implied, &pods{Pods: part})
			}
		}
	}
	for _, p := range r.policies {
		imply(p.selected, &p.Spec.PodSelector)
		for _, d := range graph.AllDirections() {
			for _, x := range p.rulesOf(d) {
				for _, peer := range x.Peers {
					if peer.IPBlock == nil {
						imply(r.peer(x.Namespace, peer), peer.PodSelector)
					}
				}
			}
		}
	}
}

// namespace returns the pods of a namespace, of which all labels are known where there is an object of it.
func (r *reviewer) namespace(name string) sets.Pods { return r.placed(r.Namespace(name)) }

// placed returns pods with what is known of their namespace.
func (r *reviewer) placed(p sets.Pods) sets.Pods {
	name := r.Name(p)
	if given, known := r.labelled[name]; known {
		return r.And(p, r.NamespaceLabels(r.Namespace(name), given))
	}
	return p
}

// peer returns the pods of a peer by selectors; own is the namespace of its policy.
func (r *reviewer) peer(own string, peer networkingv1.NetworkPolicyPeer) sets.Pods {
	in := r.Namespace(own)
	if peer.NamespaceSelector != nil {
		in = r.Namespaces(peer.NamespaceSelector)
	}
	return r.Select(r.placed(in), peer.PodSelector)
}

// podsOf returns the pods of a set of which the input speaks: those of its workloads, and those that lie in it of which
// only selectors speak.
func (r *reviewer) podsOf(p sets.Pods) []*pods {
	key := p.Key()
	found, known := r.known[key]
	if !known {
		found = slices.Concat(r.in(r.workloads, p), r.in(r.implied, p))
		r.known[key] = found
	}
	return found
}

// subjects returns the pods of which the input speaks that a policy selects. One for every pod of a namespace of which no
// workload is known is for others, too.
func (r *reviewer) subjects(p *policy) []*pods {
	out := r.podsOf(p.selected)
	if rule.SelectsAll(&p.Spec.PodSelector) && len(r.byNamespace[p.Namespace]) == 0 {
		out = append(slices.Clip(out), &pods{Pods: p.selected})
	}
	return out
}

// whole returns the pods of which the input speaks in a set, or all of the set where it has no workload there.
func (r *reviewer) whole(p sets.Pods) []*pods {
	if found := r.podsOf(p); len(found) > 0 && found[0].workload != nil {
		return found
	}
	return []*pods{{Pods: p}}
}

// peersOf returns the pods of which the input speaks of a peer, none of addresses.
func (r *reviewer) peersOf(x *writtenRule, peer networkingv1.NetworkPolicyPeer) []*pods {
	if peer.IPBlock != nil {
		return nil
	}
	return r.podsOf(r.peer(x.Namespace, peer))
}

// onlyWorkloads returns pods that are all of workloads, or none where only selectors speak of some.
func onlyWorkloads(in []*pods) []*pods {
	if slices.ContainsFunc(in, func(p *pods) bool { return p.workload == nil }) {
		return nil
	}
	return in
}

// selecting returns the policies that may select some of the pods.
func (r *reviewer) selecting(p sets.Pods) []*policy {
	var out []*policy
	for _, b := range r.bySubject.Meeting(r.With(sets.Source, p)) {
		out = append(out, r.policies[b.Mark])
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
