package inventory

import (
	"strings"

	"github.com/npgen/npgen/gen/diag"
	cilium "github.com/npgen/npgen/gen/dialect/cilium/read"
	cluster "github.com/npgen/npgen/gen/dialect/clusternetworkpolicy/read"
	"github.com/npgen/npgen/gen/rule"
)

// foreign notes a policy of another kind, and what it means where the kind is one that npgen reads. One that Kubernetes
// would not take means nothing.
func (r *reader) foreign(o *object) {
	out := o.notCounted("npgen does not read policies of this kind")
	read := readerOf(o.APIVersion, o.Kind)
	if read == nil {
		r.notCounted(out)
		return
	}
	out.Reason = "policies of this kind are not counted here"
	means, err := read(o.JSON)
	if err != nil {
		out.Reason = strings.Join(strings.Fields(err.Error()), " ")
		who, what := "Kubernetes takes it", "it is not counted; `kubectl apply --dry-run=server` shows what the API server says"
		if strings.HasPrefix(o.Kind, "Cilium") {
			who, what = "Cilium takes it", "Cilium enforces nothing of a policy that it refuses, though the API server may take it; `kubectl describe` shows it as not valid"
		}
		finding := r.findings.Warnf(diag.ManifestSyntax, o.pos, "this is not a %s as %s: %s", o.Kind, who, out.Reason).WithHelp("%s", what)
		refused := *finding
		out.Refused = &refused
		r.notCounted(out)
		return
	}
	out.Means = func(namespace string) ([]rule.Policy, []string) {
		policies, parts := means(namespace)
		for i := range policies {
			policies[i].Pos = o.pos
		}
		return policies, parts
	}
	r.notCounted(out)
}

// readerOf returns what reads objects of a kind, nil where nothing does.
func readerOf(apiVersion, kind string) func([]byte) (Meaning, error) {
	switch {
	case apiVersion == cluster.APIVersion && kind == cluster.Kind:
		return clusterMeaning
	case apiVersion == cilium.APIVersion && (kind == cilium.Namespaced || kind == cilium.ClusterwideKind):
		return ciliumMeaning
	}
	return nil
}

func clusterMeaning(data []byte) (Meaning, error) {
	p, parts, err := cluster.Policy(data)
	return func(string) ([]rule.Policy, []string) { return []rule.Policy{p}, parts }, err
}

// ciliumMeaning reads a policy of Cilium's. Whether Cilium takes it does not hang on its namespace.
func ciliumMeaning(data []byte) (Meaning, error) {
	p, err := cilium.Object(data)
	if err != nil {
		return nil, err
	}
	if _, err := cilium.Meanings(&p); err != nil {
		return nil, err
	}
	return func(namespace string) ([]rule.Policy, []string) {
		p := p
		if p.Kind == cilium.Namespaced && p.Namespace == "" {
			p.Namespace = namespace
		}
		policies, parts, _ := cilium.Neutral(&p)
		return policies, parts
	}, nil
}
