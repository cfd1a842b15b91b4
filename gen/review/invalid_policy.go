package review

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// valid finds what the API server refuses of a policy that it can read (validation of networking.k8s.io/v1), and
// reports whether the policy can be evaluated.
func (r *reviewer) valid(p *policy) bool {
	if r.apiVersion(p.Written, p.APIVersion) {
		return false
	}
	before := r.findings.Count(diag.Error)
	if !p.IsPlain() {
		r.fields(p.Written)
	}
	r.validMeta(p)
	r.validSelector(p, &p.Spec.PodSelector, "spec", "podSelector")
	for i, t := range p.Spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			r.invalid(p, []any{"spec", "policyTypes", i}, "`%s` is not a policy type", t).WithHelp("write `Ingress` or `Egress`")
		}
	}
	if len(p.Spec.PolicyTypes) > 2 {
		r.invalid(p, []any{"spec", "policyTypes"}, "`policyTypes` has more than two items").WithHelp("write each type once")
	}
	for _, d := range graph.AllDirections() {
		for _, x := range p.rulesOf(d) {
			for i := range x.Peers {
				r.validPeer(x, i)
			}
			for i, port := range x.Ports {
				r.validPort(x, i, port)
			}
		}
	}
	if r.findings.Count(diag.Error) > before {
		return false
	}
	if err := r.validator.Policy(&p.NetworkPolicy); err != nil {
		r.invalid(p, []any{"spec"}, "the policy cannot be evaluated: %s", strings.Join(strings.Fields(err.Error()), " "))
		return false
	}
	return true
}

func (r *reviewer) invalid(p *policy, path []any, format string, args ...any) *diag.Diagnostic {
	return r.findings.Errorf(diag.InvalidPolicy, p.Value(path...), format, args...)
}

// validMeta looks at labels and annotations (ValidateObjectMeta).
func (r *reviewer) validMeta(p *policy) {
	for _, k := range slices.Sorted(maps.Keys(p.Labels)) {
		r.validLabel(p, k, p.Labels[k], "metadata", "labels")
	}
	for _, k := range slices.Sorted(maps.Keys(p.Annotations)) {
		if len(validation.IsQualifiedName(strings.ToLower(k))) > 0 {
			r.findings.Errorf(diag.InvalidPolicy, p.Key("metadata", "annotations", k), "`%s` is not the key of an annotation", k)
		}
	}
}

func (r *reviewer) validLabel(p *policy, k, v string, path ...any) {
	if len(validation.IsQualifiedName(k)) > 0 {
		r.findings.Errorf(diag.InvalidPolicy, p.Key(append(path, k)...), "`%s` is not a label key", k)
	}
	if len(validation.IsValidLabelValue(v)) > 0 {
		r.invalid(p, append(path, k), "`%s` is not a label value", v)
	}
}

func (r *reviewer) validSelector(p *policy, s *metav1.LabelSelector, path ...any) {
	if s == nil {
		return
	}
	at := func(more ...any) []any { return append(slices.Clone(path), more...) }
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		r.validLabel(p, k, s.MatchLabels[k], at("matchLabels")...)
	}
	for i, x := range s.MatchExpressions {
		if len(validation.IsQualifiedName(x.Key)) > 0 {
			r.invalid(p, at("matchExpressions", i, "key"), "`%s` is not a label key", x.Key)
		}
		r.validExpression(p, x, at("matchExpressions", i))
	}
}

func (r *reviewer) validExpression(p *policy, x metav1.LabelSelectorRequirement, path []any) {
	at := func(more ...any) []any { return append(slices.Clone(path), more...) }
	switch x.Operator {
	case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
		if len(x.Values) == 0 {
			r.invalid(p, at("operator"), "`%s` needs `values`", x.Operator)
		}
	case metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist:
		if len(x.Values) > 0 {
			r.findings.Errorf(diag.InvalidPolicy, p.Key(at("values")...), "`%s` takes no `values`", x.Operator)
		}
	default:
		r.invalid(p, at("operator"), "`%s` is not an operator", x.Operator).WithHelp("write `In`, `NotIn`, `Exists` or `DoesNotExist`")
	}
	for i, v := range x.Values {
		if len(validation.IsValidLabelValue(v)) > 0 {
			r.invalid(p, at("values", i), "`%s` is not a label value", v)
		}
	}
}

func (r *reviewer) validPeer(x *writtenRule, i int) {
	peer := x.Peers[i]
	isPods := peer.PodSelector != nil || peer.NamespaceSelector != nil
	switch {
	case peer.IPBlock == nil && !isPods:
		r.invalid(x.policy, x.peerPath(i), "a peer needs `podSelector`, `namespaceSelector` or `ipBlock`").
			WithHelp("`podSelector: {}` is every pod of the namespace; a rule without peers is for everyone")
	case peer.IPBlock != nil && isPods:
		r.invalid(x.policy, x.peerPath(i), "a peer has either `ipBlock` or selectors, not both").WithHelp("write two items of the list")
	}
	if peer.IPBlock != nil {
		r.validBlock(x, i)
	}
	r.validSelector(x.policy, peer.PodSelector, x.peerPath(i, "podSelector")...)
	r.validSelector(x.policy, peer.NamespaceSelector, x.peerPath(i, "namespaceSelector")...)
}

func (r *reviewer) validPort(x *writtenRule, i int, port networkingv1.NetworkPolicyPort) {
	at := func(field string) []any { return x.path("ports", i, field) }
	if port.Protocol != nil && !isProtocol(string(*port.Protocol)) {
		r.invalid(x.policy, at("protocol"), "`%s` is not a protocol", *port.Protocol).WithHelp("write `TCP`, `UDP` or `SCTP`")
	}
	switch p := port.Port; {
	case p == nil && port.EndPort != nil:
		r.invalid(x.policy, at("endPort"), "`endPort` needs `port`, where the range starts")
	case p == nil:
	case p.Type == intstr.String && port.EndPort != nil:
		r.invalid(x.policy, at("endPort"), "`endPort` needs a number as `port`, not the name `%s`", p.StrVal)
	case p.Type == intstr.String:
		r.validPortName(x, at("port"), p.StrVal)
	case p.IntVal < 1 || p.IntVal > 65535:
		r.invalid(x.policy, at("port"), "the port `%d` is not between 1 and 65535", p.IntVal)
	case port.EndPort != nil && *port.EndPort > 65535:
		r.invalid(x.policy, at("endPort"), "the port `%d` is not between 1 and 65535", *port.EndPort)
	case port.EndPort != nil && *port.EndPort < p.IntVal:
		r.invalid(x.policy, at("endPort"), "the range `%d-%d` ends before it starts", p.IntVal, *port.EndPort).WithHelp("write the lower number as `port`")
	}
}

func (r *reviewer) validPortName(x *writtenRule, path []any, name string) {
	if len(validation.IsValidPortName(name)) == 0 {
		return
	}
	var number int
	if _, err := fmt.Sscanf(name+" ", "%d ", &number); err == nil && fmt.Sprint(number) == name {
		r.invalid(x.policy, path, "the number `%s` stands in quotes, which makes it the name of a port", name).WithHelp("write `port: %s`", name)
		return
	}
	r.invalid(x.policy, path, "`%s` is not the name of a port", name).
		WithHelp("a name has at most 15 lower-case letters, digits and dashes; a range is `port` and `endPort`; several ports are several items")
}

func isProtocol(s string) bool { return s == "TCP" || s == "UDP" || s == "SCTP" }

// graphError returns the parts of a fault in an address range.
func graphError(err error) (message, help string) {
	if fault, ok := errors.AsType[*graph.SyntaxError](err); ok {
		return fault.Message, fault.Help
	}
	return err.Error(), ""
}
