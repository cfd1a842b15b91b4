// Package read reads Calico's dry runs of NetworkPolicies, StagedKubernetesNetworkPolicy of projectcalico.org/v3, for the
// proof alone.
//
// In: YAML. Out: the NetworkPolicies that would be enforced, with the API server's defaults. It refuses everything else:
// another kind, an unknown field, and an action that is not to set the policy.
//
// It shares nothing with what writes policies.
package read

import (
	"errors"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// document is one object, field by field.
type document struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		StagedAction string                                  `json:"stagedAction"`
		PodSelector  metav1.LabelSelector                    `json:"podSelector"`
		Ingress      []networkingv1.NetworkPolicyIngressRule `json:"ingress"`
		Egress       []networkingv1.NetworkPolicyEgressRule  `json:"egress"`
		PolicyTypes  []networkingv1.PolicyType               `json:"policyTypes"`
	} `json:"spec"`
}

// Policies returns the policies that a YAML stream stages. It may hold nothing else.
func Policies(text []byte) ([]networkingv1.NetworkPolicy, error) {
	var out []networkingv1.NetworkPolicy
	for number, d := range stream.Split(text) {
		p, err := policy(d)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number+1, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func policy(d stream.Document) (networkingv1.NetworkPolicy, error) {
	var none networkingv1.NetworkPolicy
	if d.Refused != nil {
		return none, d.Refused
	}
	if err := d.Expand(&budget.Expansion{}, budget.Limits{}, "the policies"); err != nil {
		return none, err
	}
	content, err := d.Content()
	switch {
	case err != nil:
		return none, err
	case content.Twice:
		return none, errors.New("a key stands twice in a mapping")
	case d.Behind():
		return none, errors.New("something stands behind the end of the document")
	}
	var o document
	unknown, err := kjson.UnmarshalStrict(content.JSON, &o)
	switch {
	case err != nil:
		return none, err
	case len(unknown) > 0:
		return none, unknown[0]
	case o.APIVersion != "projectcalico.org/v3" || o.Kind != "StagedKubernetesNetworkPolicy":
		return none, fmt.Errorf("%s %s is no StagedKubernetesNetworkPolicy", o.APIVersion, o.Kind)
	case o.Spec.StagedAction != "Set":
		return none, fmt.Errorf("it stages the action `%s`, not `Set`", o.Spec.StagedAction)
	}
	p := networkingv1.NetworkPolicy{ObjectMeta: o.ObjectMeta, Spec: networkingv1.NetworkPolicySpec{
		PodSelector: o.Spec.PodSelector, Ingress: o.Spec.Ingress, Egress: o.Spec.Egress, PolicyTypes: o.Spec.PolicyTypes,
	}}
	read.Default(&p)
	return p, read.Validate(&p)
}
