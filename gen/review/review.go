// Package review lints NetworkPolicies that anyone wrote.
//
// In: what inventory read from YAML: policies as they stand in their files, and the workloads, Services and namespaces
// beside them. Out: findings at the very field, one rule a file. What one policy means is judged over all policies of
// the input that may select the same pods, as sets of all pods that can exist (gen/sets). It refuses nothing and guesses nothing: a rule that
// reasons from what is missing is silent where part of the input could not be read, and a finding is an error only
// where the policy surely does not do what it says.
package review

import (
	"reflect"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Policies returns the findings of the policies of an inventory, and what was found in reading it. The namespace is that of
// objects which name none; "" is as world.HomeNamespace finds it.
func Policies(inv *inventory.Inventory, found diag.List, namespace string) diag.List {
	r := newReviewer(inv, found, namespace)
	for _, p := range r.policies {
		for _, rule := range policyRules() {
			rule(r, p)
		}
		for _, x := range p.rules {
			for _, rule := range ruleRules() {
				rule(r, x)
			}
		}
	}
	for _, p := range r.untaken {
		r.reviewInvalid(p)
	}
	r.duplicates()
	r.overlaps()
	r.deniedCalls()
	return r.findings.Sorted()
}

// reviewInvalid looks at a policy that has a value which Kubernetes refuses. It means nothing, so that only the rules
// that read it as it is written can speak.
func (r *reviewer) reviewInvalid(p *policy) {
	if !slices.ContainsFunc(p.Spec.PolicyTypes, isUnknown) {
		r.ignoredRules(p)
	}
	for _, d := range graph.AllDirections() {
		if !p.isolates(d) {
			continue
		}
		for _, x := range p.rulesOf(d) {
			r.namespaceLabel(x)
		}
	}
}

// isUnknown reports whether a type is none that Kubernetes has, such as `ingress`.
func isUnknown(t networkingv1.PolicyType) bool {
	return t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress
}

// policyRules looks at a policy as a whole.
func policyRules() []func(*reviewer, *policy) {
	return []func(*reviewer, *policy){
		(*reviewer).ignoredRules,
		(*reviewer).impliedIngress,
		(*reviewer).noPodSelector,
		(*reviewer).splitRule,
		(*reviewer).dnsMissing,
		(*reviewer).subjectSelects,
		(*reviewer).hostNetworkSubject,
		(*reviewer).misleadingName,
	}
}

// ruleRules looks at one ingress or egress rule that counts.
func ruleRules() []func(*reviewer, *writtenRule) {
	return []func(*reviewer, *writtenRule){
		(*reviewer).emptyList,
		(*reviewer).openToAll,
		(*reviewer).eitherOr,
		(*reviewer).namespaceLabel,
		(*reviewer).ranges,
		(*reviewer).exceptReopened,
		(*reviewer).commonLabels,
		(*reviewer).dnsPeer,
		(*reviewer).dnsPort,
		(*reviewer).dnsProtocol,
		(*reviewer).servicePort,
		(*reviewer).undeclaredPort,
		(*reviewer).halfOpen,
		(*reviewer).peerSelects,
		(*reviewer).hostNetworkPeer,
		(*reviewer).dnsElsewhere,
		(*reviewer).metadataOpen,
		(*reviewer).awsServices,
	}
}

type reviewer struct {
	inv *inventory.Inventory
	// assumed is the namespace of objects that name none, "" where all do.
	assumed  string
	links    inventory.Links
	findings diag.List
	// Passing is what all policies of the input let pass.
	flows.Passing
	policies  []*policy
	validator *read.Validator
	// untaken is the policies that Kubernetes does not take for a value in them.
	untaken []*policy
	// workloads is the pods of the input, implied those of which only selectors of policies speak.
	workloads, implied *index
	// known holds the pods of sets that were asked for (podsOf).
	known map[string][]*pods
	// byNamespace holds the workloads of the input by namespace, keys every label key of one.
	byNamespace map[string][]*inventory.Workload
	keys        map[string]bool
	// bySubject holds the subjects of the policies, and sameSubject the policies by equal ones; asking is the subjects of
	// those that let them ask DNS.
	bySubject, asking *sets.Union
	sameSubject       map[string][]*policy
	// ungoverned is the pods of all namespaces that have no policies.
	ungoverned sets.Pods
	// byRange is what rules open to ranges that may be those of pods, by direction.
	byRange map[graph.Directions]*sets.Union
	// unsure holds the namespaces of which not every policy could be read; unsureAll is set where that may be any.
	unsure    map[string]bool
	unsureAll bool
	// labelled holds the labels of the namespaces of which there are objects.
	labelled map[string]map[string]string
	// apiFields holds the fields of the API's types.
	apiFields map[reflect.Type]map[string]reflect.Type
	// answers is where the input shows DNS to answer.
	answers []inventory.DNSAnswer
	// hasDNS holds the pods that were looked at by dnsMissing, and whether a policy may let them ask DNS.
	hasDNS map[string]bool
}

// policy is one that Kubernetes takes, with the API server's defaults.
type policy struct {
	networkingv1.NetworkPolicy
	inventory.Written
	// qualified is set where the policy names its namespace, or the user does.
	qualified bool
	// typed is set where the policy says its policyTypes.
	typed bool
	// edges is what npgen noted of its own policies (annotation npgen.dev/edges).
	edges []edge
	// rules is those that count: of a direction that policyTypes names.
	rules []*writtenRule
	// selected is the pods that the policy selects.
	selected sets.Pods
}

// writtenRule is an ingress or egress rule as it is written.
type writtenRule struct {
	*policy
	read.Item
	means *rule.Rule
}

// meaning returns what the rule means.
func (x *writtenRule) meaning() rule.Rule {
	if x.means == nil {
		means := x.Rule()
		x.means = &means
	}
	return *x.means
}

// isolates reports whether the policy isolates its pods in a direction.
func (p *policy) isolates(d graph.Directions) bool { return read.Isolates(&p.NetworkPolicy).Has(d) }

// typeName returns the name of a direction in policyTypes.
func typeName(d graph.Directions) string {
	if d == graph.Egress {
		return string(networkingv1.PolicyTypeEgress)
	}
	return string(networkingv1.PolicyTypeIngress)
}

// field returns the field of a direction's rules, and that of their peers.
func field(d graph.Directions) (rules, peers string) {
	if d == graph.Egress {
		return "egress", "to"
	}
	return "ingress", "from"
}

// rulesOf returns the rules of a direction, whether or not they count.
func (p *policy) rulesOf(d graph.Directions) []*writtenRule {
	var out []*writtenRule
	for _, x := range read.Items(&p.NetworkPolicy, d) {
		out = append(out, &writtenRule{policy: p, Item: x})
	}
	return out
}

// path returns the path of a field of the rule.
func (x *writtenRule) path(more ...any) []any {
	name, _ := field(x.Direction)
	return append([]any{"spec", name, x.Index}, more...)
}

// peerPath returns the path of a field of one of its peers.
func (x *writtenRule) peerPath(i int, more ...any) []any {
	_, peers := field(x.Direction)
	return append(x.path(peers, i), more...)
}
