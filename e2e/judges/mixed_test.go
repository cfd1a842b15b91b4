package judges

import (
	"maps"
	"math/rand/v2"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// unstated gives namespaces labels that nobody stated, and some pods the labels of a second workload and fresh ones.
func (w *world) unstated(seed uint64) *world {
	g := rawGenerator{rand.New(rand.NewPCG(seed, 37))}
	out := w.clone()
	out.namespaces = maps.Clone(w.namespaces)
	for _, name := range []string{"shop", "store", "tools", "elsewhere"} {
		if g.one(3) {
			out.namespaces[name] = pick(g.Rand, []map[string]string{{"team": "red"}, {"team": "red", "env": "live"}, {"team": fresh}})
		}
	}
	for i, p := range out.pods {
		if !g.one(3) || p.Selector != nil {
			continue
		}
		p.Labels = maps.Clone(p.Labels)
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[pick(g.Rand, []string{"app", "tier", "else"})] = pick(g.Rand, []string{"web", "api", "front", "back", fresh})
		out.pods[i] = p
	}
	return out
}

// declaredPod is the pods of a manifest, of which all labels are known.
func declaredPod(key string, labels map[string]string) oracle.Set {
	out, err := names{}.set(key[:len(key)-len(key[1+divide(key):])] + "*")
	if err != nil {
		panic(err) // ns/* is a name
	}
	out.Pods[0].PodSelector = metav1.LabelSelector{MatchLabels: labels}
	return out
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
