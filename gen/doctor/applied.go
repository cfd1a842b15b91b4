package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
)

// Applied is how the objects of the package are in the cluster, by namespace/name.
type Applied struct {
	Same int `json:"same"`
	// Differing are there and not as the package has them, Missing are not there, Left are of edges that are gone.
	Differing []string `json:"differing"`
	Missing   []string `json:"missing"`
	Left      []string `json:"left"`
}

// The labels of npgen's objects.
const (
	packageLabel = "npgen.dev/package"
	rolloutLabel = "npgen.dev/rollout"
)

// applied compares the package's objects with those in the cluster.
func (e *examiner) applied() {
	if !e.part["networkpolicies"] || len(e.Policies) == 0 || e.Graph.OmitsNamespace() != nil {
		return
	}
	if t := e.Graph.Target(); t != graph.Kubernetes {
		e.unknown(Unknown{Query: "get networkpolicies,ciliumnetworkpolicies.cilium.io -A", Without: "what of the package is applied: only objects of `target: kubernetes` are compared, and its target is " + t.String()})
		return
	}
	there := map[string]networkingv1.NetworkPolicy{}
	for _, item := range e.policies {
		var p networkingv1.NetworkPolicy
		if !e.decode("networkpolicies", item, &p) {
			return
		}
		read.Default(&p)
		there[p.Namespace+"/"+p.Name] = p
	}
	a := &Applied{Differing: []string{}, Missing: []string{}, Left: []string{}}
	e.d.Applied = a
	wanted := map[string]bool{}
	for i := range e.Policies {
		want := *e.Policies[i].DeepCopy()
		read.Default(&want)
		name := want.Namespace + "/" + want.Name
		wanted[name] = true
		have, is := there[name]
		switch {
		case !is:
			a.Missing = append(a.Missing, name)
		case sameObject(&want, &have):
			a.Same++
		default:
			a.Differing = append(a.Differing, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		p := there[name]
		if !wanted[name] && slices.ContainsFunc(e.Graph.Packages, e.wrote(&p)) {
			a.Left = append(a.Left, name)
		}
	}
	e.drift(a)
}

// sameObject reports whether an object is as npgen writes it. Labels and annotations that others add change nothing.
func sameObject(want, have *networkingv1.NetworkPolicy) bool {
	contained := func(part, whole map[string]string) bool {
		for k, v := range part {
			if whole[k] != v {
				return false
			}
		}
		return true
	}
	a, errA := json.Marshal(want.Spec)
	b, errB := json.Marshal(have.Spec)
	return errA == nil && errB == nil && bytes.Equal(a, b) && contained(want.Labels, have.Labels)
}

// drift reports what of the package is not applied. Nothing at all is a package that is new to the cluster.
func (e *examiner) drift(a *Applied) {
	pos := e.Graph.Packages[0].Pos
	if p := e.Graph.Packages[0].Namespace.Pos; p.IsValid() {
		pos = p
	}
	if a.Same+len(a.Differing)+len(a.Left) == 0 {
		e.d.Findings.Infof(diag.Drift, pos, "nothing of the package is applied in the cluster: it has none of its %d objects", len(a.Missing)).
			WithHelp("`npgen rollout - PKG` plans the way there, from what `kubectl get networkpolicies -A -o yaml` prints")
		return
	}
	const help = "`kubectl get networkpolicies -A -o yaml | npgen rollout - PKG` plans the way there; `npgen diff` in its place shows the flows"
	for _, x := range []struct {
		one, many string
		which     []string
	}{
		{"object in the cluster is not as the package has it", "objects in the cluster are not as the package has them", a.Differing},
		{"object of the package is not in the cluster", "objects of the package are not in the cluster", a.Missing},
		{"object in the cluster is no longer of the package, and still in force", "objects in the cluster are no longer of the package, and still in force", a.Left},
	} {
		if len(x.which) > 0 {
			e.d.Findings.Errorf(diag.Drift, pos, "%s: %s", amount(len(x.which), x.one, x.many), names(x.which)).WithHelp(help)
		}
	}
}

func amount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func names(all []string) string {
	const most = 10
	out := "`" + strings.Join(all[:min(len(all), most)], "`, `") + "`"
	if len(all) > most {
		out += fmt.Sprintf(", and %d more", len(all)-most)
	}
	return out
}
