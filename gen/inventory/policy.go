package inventory

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
)

// Policy is a NetworkPolicy as written, without the API server's defaults.
type Policy struct {
	networkingv1.NetworkPolicy
	Pos diag.Pos
}

func (r *reader) policy(o *object, m *meta) (int, string, error) {
	var v struct{ Spec networkingv1.NetworkPolicySpec }
	if line, err := o.decode(&v); err != nil {
		return line, "", err
	}
	r.inv.Policies = append(r.inv.Policies, &Policy{
		NetworkPolicy: networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: o.apiVersion, Kind: o.kind},
			ObjectMeta: m.ObjectMeta,
			Spec:       v.Spec,
		},
		Pos: o.pos,
	})
	return 0, "", nil
}
