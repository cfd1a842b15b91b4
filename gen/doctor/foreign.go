package doctor

import (
	"encoding/json"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// wrote returns a function that reports whether a package's build wrote a policy.
func (e *examiner) wrote(p *networkingv1.NetworkPolicy) func(*graph.Package) bool {
	return func(g *graph.Package) bool {
		return p.Labels[packageLabel] == g.Output.Name && p.Labels[packageLabel] != ""
	}
}

// foreign tells of policies that are not the package's and work beside it.
func (e *examiner) foreign() {
	for _, resource := range otherPolicies() {
		if e.has(resource) {
			e.others(resource)
		}
	}
	for _, item := range e.policies {
		var p networkingv1.NetworkPolicy
		if e.Graph == nil || json.Unmarshal(item, &p) != nil || !slices.Contains(e.owned, p.Namespace) || slices.ContainsFunc(e.Graph.Packages, e.wrote(&p)) {
			continue
		}
		pos := at("NetworkPolicy", &meta{Namespace: p.Namespace, Name: p.Name})
		opens := slices.ContainsFunc(e.d.Findings, func(d diag.Diagnostic) bool {
			return d.Rule == diag.PolicyOpens && d.Pos.Object != nil && *d.Pos.Object == *pos.Object
		})
		if !opens {
			e.d.Findings.Warnf(diag.ForeignPolicy, pos, "NetworkPolicy `%s/%s` is not of the package, and works beside it", p.Namespace, p.Name).
				WithHelp("policies only add up: it may isolate pods that the package does not; delete it where the package takes its place")
		}
	}
}

// policy is a policy of another kind.
type policy struct {
	named
	Kind   string `json:"kind"`
	Status struct {
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

// others tells of policies of a kind that npgen does not read, and of those that the engine refused.
func (e *examiner) others(resource string) {
	q := otherPoliciesQuery(resource)
	q.optional = true
	var found []policy
	for _, p := range listed[policy](&e.reader, q) {
		// Calico shows Kubernetes' own policies under this name.
		mirrored := strings.HasPrefix(p.Meta.Name, "knp.default.") || strings.HasPrefix(p.Meta.Annotations["projectcalico.org/name"], "knp.default.")
		for _, c := range p.Status.Conditions {
			if c.Type == "Valid" && c.Status == "False" {
				e.d.Findings.Errorf(diag.NotEnforced, at(p.Kind, &p.Meta), "%s `%s` is not enforced: Cilium refuses it: %s", p.Kind, p.Meta.Name, c.Message).
					WithHelp("the API server took it, and it does nothing; mend it")
			}
		}
		own := e.Graph != nil && slices.ContainsFunc(e.Graph.Packages, func(g *graph.Package) bool { return p.Meta.Labels[packageLabel] == g.Output.Name })
		if !mirrored && !own && (e.Graph == nil || p.Meta.Namespace == "" || slices.Contains(e.owned, p.Meta.Namespace)) {
			found = append(found, p)
		}
	}
	if len(found) == 0 || e.Graph == nil {
		return
	}
	var all []string
	for _, p := range found {
		all = append(all, strings.TrimPrefix(p.Meta.Namespace+"/"+p.Meta.Name, "/"))
	}
	n := len(found)
	e.d.Findings.Warnf(diag.ForeignPolicy, at(found[0].Kind, &found[0].Meta), "%s of the kind `%s` may concern the pods of the package: %s", amount(n, "policy", "policies"), resource, names(all)).
		WithHelp("%s", effect(resource))
}

// effect says how policies of a kind work beside NetworkPolicies.
func effect(resource string) string {
	switch {
	case strings.HasSuffix(resource, ".projectcalico.org"):
		return "a Deny of Calico at a lower order goes before NetworkPolicies; npgen does not read these"
	case strings.HasSuffix(resource, ".cilium.io"):
		return "what they allow adds up with NetworkPolicies, what they deny goes before; npgen does not read these"
	case strings.HasPrefix(resource, "baselineadmin"):
		return "they hold only where no NetworkPolicy selects a pod; npgen does not read these"
	}
	return "they may go before NetworkPolicies, to open or to close; npgen does not read these"
}
