package world

import (
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

const (
	web = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}%s}
`
	deny = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny%s}
spec: {podSelector: {}}
`
)

func manifests(t *testing.T, home string, documents ...string) (Cluster, diag.List) {
	t.Helper()
	inv, findings, err := inventory.Read("", []string{"-"}, strings.NewReader(strings.Join(documents, "---\n")), budget.Limits{})
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	m, findings := Of(Parts{Layers: []*inventory.Inventory{inv}, Home: home}, nil)
	return m.Cluster, findings
}

// TestHomeNamespace holds that objects without a namespace are all in one: the one that is given, else the only one that
// the others name, else `default`.
func TestHomeNamespace(t *testing.T) {
	in := func(document, namespace string) string {
		if namespace != "" {
			namespace = ", namespace: " + namespace
		}
		return strings.Replace(document, "%s", namespace, 1)
	}
	for _, c := range []struct{ home, pod, policy, wantPod, wantPolicy string }{
		{"", "", "", "default", "default"},
		{"", "shop", "", "shop", "shop"},
		{"", "", "shop", "shop", "shop"},
		{"", "shop", "pay", "shop", "pay"},
		{"jobs", "", "shop", "jobs", "shop"},
	} {
		got, findings := manifests(t, c.home, in(web, c.pod), in(deny, c.policy))
		if len(findings) > 0 || len(got.Pods) != 1 || len(got.Policies) != 1 {
			t.Fatalf("%+v: %+v %v", c, got, findings)
		}
		if pod, policy := got.Pods[0].Namespace, got.Policies[0].Namespace; pod != c.wantPod || policy != c.wantPolicy {
			t.Errorf("%+v: the pod is in %s, the policy in %s", c, pod, policy)
		}
	}
	got, _ := manifests(t, "", in(web, "shop"), in(web, "pay"), in(deny, ""))
	if got.Policies[0].Namespace != "default" {
		t.Errorf("with two namespaces the policy is in %s", got.Policies[0].Namespace)
	}
}

// TestOfRefuses holds that a policy which means nothing is a finding and is not counted, and the others are.
func TestOfRefuses(t *testing.T) {
	bad := strings.Replace(strings.Replace(deny, "%s", "", 1), "podSelector: {}", "podSelector: {}, ingress: [{ports: [{endPort: 8}]}]", 1)
	got, findings := manifests(t, "", strings.Replace(deny, "%s", "", 1), bad)
	isNamed := func(d diag.Diagnostic) bool {
		return d.Rule == diag.ManifestSyntax && d.Severity == diag.Warning && d.Pos.IsValid()
	}
	if len(findings) != 1 || !slices.ContainsFunc(findings, isNamed) || len(got.Policies) != 1 || len(got.NotCounted) != 1 {
		t.Errorf("%v, %d policies, not counted: %v", findings, len(got.Policies), got.NotCounted)
	}
}
