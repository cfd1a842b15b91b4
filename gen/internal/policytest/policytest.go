// Package policytest makes policies for tests.
//
// In: names. Out: policies, which are allow objects or default denies. It refuses nothing.
package policytest

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Policy returns an allow object, or a default deny when its name says so.
func Policy(namespace, name string) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}},
	}
	if !strings.Contains(name, "deny") {
		p.Spec.PodSelector.MatchLabels = map[string]string{"app": name}
		p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
			PodSelector: &metav1.LabelSelector{},
		}}}}
	}
	return p
}

// Policies returns one object for each `namespace/name`.
func Policies(names ...string) []networkingv1.NetworkPolicy {
	var out []networkingv1.NetworkPolicy
	for _, name := range names {
		namespace, name, _ := strings.Cut(name, "/")
		out = append(out, Policy(namespace, name))
	}
	return out
}
