package review

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

func newReviewer(inv *inventory.Inventory, found diag.List, namespace string) *reviewer {
	home := cmp.Or(namespace, world.HomeNamespace([]*inventory.Inventory{inv}))
	assumed := ""
	if inv.Unplaced() && namespace == "" {
		assumed = home
	}
	inv = inv.In(home)
	inv.Workloads, inv.Made = slices.Concat(inv.Workloads, inv.Made), nil
	r := &reviewer{inv: inv, assumed: assumed, links: inv.Links(), unsure: map[string]bool{}, labelled: map[string]map[string]string{}, apiFields: map[reflect.Type]map[string]reflect.Type{}, validator: read.NewValidator()}
	r.answers = inv.DNSAnswers(r.links)
	r.refused(found, home)
	c := world.OfInventory(inv, home)
	var notCounted []inventory.NotCounted
	c.Others, notCounted = world.OthersOf(inv, home)
	r.passOver(notCounted)
	for _, n := range inv.Namespaces {
		r.labelled[n.Name] = n.Labels
	}
	var taken []networkingv1.NetworkPolicy
	for _, in := range inv.Policies {
		p := &policy{NetworkPolicy: *in.NetworkPolicy.DeepCopy(), Written: in.Written, typed: len(in.Spec.PolicyTypes) > 0, qualified: in.Namespace != "" || namespace != ""}
		p.Namespace = cmp.Or(p.Namespace, home)
		read.Default(&p.NetworkPolicy)
		if !r.valid(p) {
			r.unsure[p.Namespace] = true
			r.untaken = append(r.untaken, p)
			continue
		}
		p.edges = edgesOf(&p.NetworkPolicy)
		for _, d := range graph.AllDirections() {
			if p.isolates(d) {
				p.rules = append(p.rules, p.rulesOf(d)...)
			}
		}
		r.policies = append(r.policies, p)
		taken = append(taken, p.NetworkPolicy)
	}
	c.Policies = read.Rules(taken)
	r.Passing = flows.NewPassing(c)
	conflicts, _ := UndefinedOrder(c)
	r.findings = append(r.findings, conflicts...)
	r.declare(c.Pods)
	r.indexPolicies()
	r.imply()
	r.indexRanges()
	return r
}

// indexPolicies finds the subjects of the policies.
func (r *reviewer) indexPolicies() {
	r.bySubject, r.asking, r.sameSubject = r.NewUnion(), r.NewUnion(), map[string][]*policy{}
	namespaces := map[string]bool{}
	for i, p := range r.policies {
		p.selected = r.Select(r.namespace(p.Namespace), &p.Spec.PodSelector)
		b := r.With(sets.Source, p.selected)
		b.Mark = int32(i)
		r.bySubject.Add(b)
		if asksAnyDNS(p) {
			r.asking.Add(b)
		}
		r.sameSubject[p.selected.Key()] = append(r.sameSubject[p.selected.Key()], p)
		namespaces[p.Namespace] = true
	}
	r.ungoverned = r.NotNamed(slices.Sorted(maps.Keys(namespaces)))
}

// sure reports whether everything was read that could say more of a namespace.
func (r *reviewer) sure(namespace string) bool {
	return !r.inv.Incomplete && !r.unsureAll && !r.unsure[namespace]
}

// passOver notes the namespaces of which what is not counted may say more.
func (r *reviewer) passOver(notCounted []inventory.NotCounted) {
	for _, n := range notCounted {
		r.unsure[n.Namespace] = true
		r.unsureAll = r.unsureAll || n.Everywhere
	}
}

// refused reports what was found in reading, and the policies that Kubernetes does not take.
func (r *reviewer) refused(found diag.List, home string) {
	type place struct {
		rule    string
		pos     diag.Pos
		message string
	}
	explained := map[place]bool{} // whether other findings say why a policy is not taken
	others := map[place]bool{}    // those of other dialects
	for _, n := range r.inv.NotCounted {
		if n.Refused != nil {
			others[place{n.Refused.Rule, n.Refused.Pos, n.Refused.Message}] = true
		}
	}
	for _, p := range r.inv.Refused {
		r.unsure[cmp.Or(p.Namespace, home)] = true
		before := len(r.findings)
		if !r.apiVersion(p.Written, p.APIVersion) {
			r.fields(p.Written)
			r.names(p)
			if p.Kind != "NetworkPolicy" {
				r.findings.Errorf(diag.InvalidPolicy, p.Value("kind"), "`%s` is not a kind", p.Kind).WithHelp("write `kind: NetworkPolicy`")
			}
		}
		explained[place{p.Finding.Rule, p.Finding.Pos, p.Finding.Message}] = len(r.findings) > before
	}
	for _, d := range found {
		at := place{d.Rule, d.Pos, d.Message}
		isExplained, refused := explained[at]
		switch {
		case isExplained:
			continue
		case refused:
			d.Severity, d.Rule, d.Help = diag.Error, diag.InvalidPolicy, ""
		case others[at]:
			d.Severity, d.Rule = diag.Error, diag.InvalidPolicy
		}
		r.findings = append(r.findings, d)
	}
}

// names finds names that Kubernetes refuses.
func (r *reviewer) names(p *inventory.Refused) {
	if p.Written.Has("metadata", "name") && len(validation.IsDNS1123Subdomain(p.Name)) > 0 {
		r.findings.Errorf(diag.InvalidPolicy, p.Value("metadata", "name"), "`%s` is not a name", p.Name).
			WithHelp("a name has lower-case letters, digits, dashes and dots, and starts and ends with a letter or digit")
	}
	if p.Namespace != "" && len(validation.IsDNS1123Label(p.Namespace)) > 0 {
		r.findings.Errorf(diag.InvalidPolicy, p.Value("metadata", "namespace"), "`%s` is not a namespace", p.Namespace).
			WithHelp("a namespace has lower-case letters, digits and dashes")
	}
	if !p.Written.Has("metadata", "name") && !p.Written.Has("metadata", "generateName") {
		r.findings.Errorf(diag.InvalidPolicy, p.Key("metadata"), "the policy has no name").WithHelp("write `metadata: {name: ...}`")
	}
}
