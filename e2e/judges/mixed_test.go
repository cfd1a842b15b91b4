package judges

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	clusters "github.com/npgen/npgen/gen/world"
	"github.com/npgen/npgen/internal/oracle"
)

// mixedTalk is a package of which a pod can be of two workloads at once, and a namespace have labels that nobody stated.
func mixedTalk(seed uint64) *talk {
	t := randomTalk(seed)
	g := rawGenerator{rand.New(rand.NewPCG(seed, 35))}
	for _, w := range t.workloads {
		w.hostNetwork = false // policies say nothing of such pods
		if g.one(3) {
			w.labels, w.expressions = map[string]string{"tier": pick(g.Rand, []string{"front", "back"})}, nil
		}
	}
	return t
}

// edited is a package with a change that somebody makes: edges more or less, other selectors, another isolation.
func (t *talk) edited(seed uint64) *talk {
	out := *t
	out.edges = slices.Clone(t.edges)
	g := &talkGenerator{rawGenerator{rand.New(rand.NewPCG(seed, 36))}, &out}
	for range 1 + g.IntN(2) {
		switch g.IntN(5) {
		case 0:
			out.edges = append(out.edges, g.edge())
		case 1:
			if len(out.edges) > 1 {
				out.edges = cutAt(out.edges, g.IntN(len(out.edges)))
			}
		case 2:
			out.edges[g.IntN(len(out.edges))] = g.edge()
		case 3:
			out.isolate = pick(g.Rand, []string{"", "ingress", "egress", "both"})
		case 4:
			out.perLoad = !out.perLoad
		}
	}
	return &out
}

// unstated adds pods that nobody declared: with the labels of two workloads at once, in namespaces that only their labels
// put into an entry, in namespaces with labels that nobody stated, and with fresh labels.
func (w *world) unstated(t *talk, seed uint64) *world {
	g := rawGenerator{rand.New(rand.NewPCG(seed, 37))}
	out := w.clone()
	out.namespaces = maps.Clone(w.namespaces)
	for _, name := range []string{"shop", "store", "tools", "elsewhere"} {
		if g.one(3) {
			out.namespaces[name] = pick(g.Rand, []map[string]string{{"team": "red"}, {"team": "red", "env": "live"}, {"team": fresh}})
		}
	}
	add := func(namespace string, labels ...map[string]string) {
		pod := clusters.Pod{Namespace: namespace, Name: fmt.Sprintf("mixed%d", len(out.pods)), Labels: map[string]string{}}
		for _, l := range labels {
			maps.Copy(pod.Labels, l)
		}
		pod.Ports = pick(g.Rand, w.pods).Ports
		out.pods = append(out.pods, pod)
	}
	for _, s := range t.spaces {
		add(s.name)
	}
	for _, of := range t.workloads {
		namespace, own := of.space.name, example(of.selector())
		if of.space.byLabels {
			out.namespaces["blue"] = of.space.labels
			namespace = pick(g.Rand, []string{"blue", "kube-system"})
			add("shop", own)
		}
		add(namespace, own)
		add(namespace, example(pick(g.Rand, t.workloads).selector()), own)
		add(namespace, map[string]string{pick(g.Rand, []string{"app", "tier", "else"}): fresh}, own)
	}
	for _, p := range w.policies {
		eachTree(p["spec"], func(t tree) {
			if cidr, ok := t["cidr"].(string); ok {
				out.addAddresses([]string{cidr})
			}
		})
	}
	out.addAddresses([]string{"10.244.0.0/32"})
	out.outside = slices.DeleteFunc(out.outside, func(a netip.Addr) bool { // an address of a pod is that pod
		return slices.ContainsFunc(out.sides(), func(s Side) bool { return s.Pod >= 0 && out.address(s.Pod) == a })
	})
	return out
}

// example is labels that a selector selects.
func example(s metav1.LabelSelector) map[string]string {
	out := map[string]string{}
	maps.Copy(out, s.MatchLabels)
	for _, e := range s.MatchExpressions {
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			out[e.Key] = e.Values[0]
		case metav1.LabelSelectorOpExists:
			out[e.Key] = fresh
		}
	}
	return out
}

// declaredPod is the pods of a manifest, of which all labels are known.
func declaredPod(key string, labels map[string]string) oracle.Set {
	namespace, _, _ := strings.Cut(key, "/")
	return oracle.Set{Pods: []oracle.Selection{oracle.In(namespace, metav1.LabelSelector{MatchLabels: labels})}}
}

// isPlain reports whether a pod takes no assumption: it is of one workload at most, and its namespace has no labels that
// nobody stated.
func (r *reading) isPlain(s Side) bool {
	if s.Pod < 0 {
		return true
	}
	name := r.world.pods[s.Pod].Namespace
	isNamed := name == "kube-system" || name == "openshift-dns" || slices.ContainsFunc(r.talk.spaces, func(n *space) bool { return !n.byLabels && n.name == name })
	return len(r.workloadsOf(s)) < 2 && (!isNamed || len(r.world.namespaces[name]) == 0)
}

// isDeclared reports whether a pod is of just one workload.
func (r *reading) isDeclared(s Side) bool {
	return s.Pod < 0 || r.isPlain(s) && len(r.workloadsOf(s)) == 1
}

func (r *reading) workloadsOf(s Side) []*workload {
	var out []*workload
	for _, w := range r.talk.workloads {
		if r.selects(w, s) {
			out = append(out, w)
		}
	}
	return out
}
