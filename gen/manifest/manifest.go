// Package manifest turns policy objects into YAML and keeps a folder of it.
//
// In: NetworkPolicy objects in stream order and the names of the packages that they were built from. Out: one YAML
// stream, or a folder of files with kustomizations that give the same stream, or a unified diff between such a folder
// and the files. It refuses to touch a file that npgen did not write, and a folder built from other packages unless
// it is told to adopt it. A refusal comes before the first change.
//
// Objects are written by an appender of their own, under one law: byte for byte what sigs.k8s.io/yaml writes, which takes
// a hundred times as long; a fuzz test holds it, and what is not surely plain is left to sigs.k8s.io/yaml.
package manifest

import (
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Stream renders policies, in the order given, as one YAML stream with `---` between the documents; no policies are
// an empty stream. Each object must say `networking.k8s.io/v1` and `NetworkPolicy` itself, since the bytes go to
// tools that know it by nothing else; one that does not is an error. What a server adds to an object
// (creationTimestamp) is left out.
func Stream(policies []networkingv1.NetworkPolicy) ([]byte, error) {
	return stream("", policies)
}

// stream renders policies behind a head.
func stream(head string, policies []networkingv1.NetworkPolicy) ([]byte, error) {
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
