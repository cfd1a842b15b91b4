package write

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/internal/policytest"
)

func TestStream(t *testing.T) {
	in := policytest.Policies("shop/web", "shop/deny")
	in[0].CreationTimestamp = metav1.NewTime(time.Unix(1, 0))
	in[0].Annotations = map[string]string{"npgen.dev/edges": "api -> web\ncli -> web"}
	in[1].Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{}
	const want = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  annotations:
    npgen.dev/edges: |-
      api -> web
      cli -> web
  name: web
  namespace: shop
spec:
  ingress:
  - from:
    - podSelector: {}
  podSelector:
    matchLabels:
      app: web
  policyTypes:
  - Ingress
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
  - Ingress
`
	for range 10 {
		got, err := Stream(in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Fatal(diff)
		}
	}
	if in[0].CreationTimestamp.IsZero() {
		t.Error("Stream changed the caller's object")
	}
	if got, err := Stream(nil); len(got) != 0 || err != nil {
		t.Errorf("Stream(nil) = %q, %v", got, err)
	}
}

func TestStreamNeedsTypeMeta(t *testing.T) {
	for name, meta := range map[string]metav1.TypeMeta{
		"nothing":       {},
		"no kind":       {APIVersion: "networking.k8s.io/v1"},
		"no version":    {Kind: "NetworkPolicy"},
		"other kind":    {APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		"other version": {APIVersion: "networking.k8s.io/v1beta1", Kind: "NetworkPolicy"},
	} {
		t.Run(name, func(t *testing.T) {
			in := policytest.Policies("shop/web", "shop/deny")
			in[1].TypeMeta = meta
			got, err := Stream(in)
			if err == nil || !strings.Contains(err.Error(), "`shop/deny`") || got != nil {
				t.Errorf("got %q and error %v, want an error that names the policy", got, err)
			}
		})
	}
}
