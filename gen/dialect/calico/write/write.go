// Package write writes NetworkPolicies as a dry run of Calico's: StagedKubernetesNetworkPolicy of projectcalico.org/v3.
//
// In: NetworkPolicy objects, in the order of the stream. Out: bytes: the same objects with another kind. It refuses
// objects that do not say what they are.
//
// It shares nothing with what reads the bytes back for the proof.
package write

import (
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The names that every object has.
const (
	APIVersion = "projectcalico.org/v3"
	Kind       = "StagedKubernetesNetworkPolicy"
)

// staged is one object. Its spec is that of the NetworkPolicy, with what would be done with it.
type staged struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		StagedAction                   string `json:"stagedAction"`
		networkingv1.NetworkPolicySpec `json:",inline"`
	} `json:"spec"`
}

// Stream renders policies as one YAML stream with `---` between the documents; no policies are an empty stream.
func Stream(policies []networkingv1.NetworkPolicy) ([]byte, error) { return StreamBehind("", policies) }

// StreamBehind is as Stream, with a text before it.
func StreamBehind(head string, policies []networkingv1.NetworkPolicy) ([]byte, error) {
	out := []byte(head)
	for i := range policies {
		p := &policies[i]
		if p.APIVersion != networkingv1.SchemeGroupVersion.String() || p.Kind != "NetworkPolicy" {
			return nil, fmt.Errorf("policy `%s/%s` says apiVersion `%s` and kind `%s`, want those of a NetworkPolicy", p.Namespace, p.Name, p.APIVersion, p.Kind)
		}
		if i > 0 {
			out = append(out, "---\n"...)
		}
		o := staged{TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind}, ObjectMeta: p.ObjectMeta}
		o.CreationTimestamp = metav1.Time{}
		o.Spec.StagedAction, o.Spec.NetworkPolicySpec = "Set", p.Spec
		doc, err := yaml.Marshal(&o)
		if err != nil {
			return nil, fmt.Errorf("policy `%s/%s`: %w", p.Namespace, p.Name, err)
		}
		out = append(out, doc...)
	}
	return out, nil
}
