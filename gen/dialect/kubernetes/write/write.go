// Package write writes NetworkPolicy objects of networking.k8s.io/v1 as YAML.
//
// In: objects, in the order of the stream. Out: bytes. It refuses objects that do not say what they are.
//
// Objects are written by an appender of their own, under one law: byte for byte what sigs.k8s.io/yaml writes, which takes
// a hundred times as long; a fuzz test holds it, and what is not surely plain is left to sigs.k8s.io/yaml. It shares
// nothing with what reads the bytes back for the proof.
package write

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Stream renders policies, in the order given, as one YAML stream with `---` between the documents; no policies are
// an empty stream. Each object must say `networking.k8s.io/v1` and `NetworkPolicy` itself, since the bytes go to
// tools that know it by nothing else; one that does not is an error. What a server adds to an object
// (creationTimestamp) is left out.
func Stream(policies []networkingv1.NetworkPolicy) ([]byte, error) {
	return StreamBehind("", policies)
}

// StreamBehind is as Stream, with a text before it.
func StreamBehind(head string, policies []networkingv1.NetworkPolicy) ([]byte, error) {
	a := newAppender(policies)
	a.raw(head)
	for i := range policies {
		if i > 0 {
			a.raw("---\n")
		}
		if err := a.document(&policies[i]); err != nil {
			return nil, err
		}
	}
	return a.out, nil
}

// WithoutNamespace returns policies that do not say their namespace.
func WithoutNamespace(policies []networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy {
	out := slices.Clone(policies)
	for i := range out {
		out[i].Namespace = ""
	}
	return out
}

func (a *appender) document(policy *networkingv1.NetworkPolicy) error {
	if policy.APIVersion != networkingv1.SchemeGroupVersion.String() || policy.Kind != "NetworkPolicy" {
		return fmt.Errorf("policy `%s/%s` says apiVersion `%s` and kind `%s`, want `%s` and `NetworkPolicy`",
			policy.Namespace, policy.Name, policy.APIVersion, policy.Kind, networkingv1.SchemeGroupVersion)
	}
	if a.appendPolicy(policy) {
		return nil
	}
	bare := *policy
	bare.CreationTimestamp = metav1.Time{}
	doc, err := yaml.Marshal(&bare)
	if err != nil {
		return fmt.Errorf("policy `%s/%s`: %w", policy.Namespace, policy.Name, err)
	}
	a.out = append(a.out, doc...)
	return nil
}
