package gen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/catalog"
	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

// catalogPeers is what an edge with each definition of the catalog selects, by the documentation that catalog.cue names.
func catalogPeers() []struct{ definition, peer, selects string } {
	return []struct{ definition, peer, selects string }{
		{"#IngressNGINX", "ingress-nginx/controller", "kubernetes.io/metadata.name=ingress-nginx app.kubernetes.io/component=controller,app.kubernetes.io/name=ingress-nginx"},
		{"#Traefik", "traefik/traefik", "kubernetes.io/metadata.name=traefik app.kubernetes.io/name=traefik"},
		{"#TraefikK3s", "kube-system/traefik", "kubernetes.io/metadata.name=kube-system app.kubernetes.io/name=traefik"},
		{"#IstioIngressGateway", "istio-system/ingressgateway", "kubernetes.io/metadata.name=istio-system istio=ingressgateway"},
		{"#Istiod", "istio-system/istiod", "kubernetes.io/metadata.name=istio-system app=istiod"},
		{"#Linkerd", "linkerd/destination", "kubernetes.io/metadata.name=linkerd linkerd.io/control-plane-component=destination"},
		{"#Linkerd", "linkerd/identity", "kubernetes.io/metadata.name=linkerd linkerd.io/control-plane-component=identity"},
		{"#EnvoyGateway", "envoy-gateway-system/proxy", "kubernetes.io/metadata.name=envoy-gateway-system app.kubernetes.io/component=proxy,app.kubernetes.io/managed-by=envoy-gateway"},
		{"#OpenShiftIngress", "openshift-ingress-policy/*", "policy-group.network.openshift.io/ingress="},
		{"#OpenShiftMonitoring", "openshift-monitoring-policy/*", "network.openshift.io/policy-group=monitoring"},
		{"#Prometheus", "monitoring/prometheus", "kubernetes.io/metadata.name=monitoring app.kubernetes.io/name=prometheus"},
		{"#KonnectivityAKS", "kube-system/konnectivity-agent", "kubernetes.io/metadata.name=kube-system app=konnectivity-agent"},
		{"#KonnectivityGKE", "kube-system/konnectivity-agent", "kubernetes.io/metadata.name=kube-system k8s-app=konnectivity-agent"},
		{"#MetadataAWS", "aws-metadata", "169.254.169.254/32 fd00:ec2::254/128"},
		{"#MetadataAWS", "aws-pod-identity", "169.254.170.23/32 fd00:ec2::23/128"},
		{"#MetadataGCP", "gcp-metadata", "169.254.169.252/32 169.254.169.254/32"},
		{"#MetadataAzure", "azure-metadata", "169.254.169.254/32"},
		{"#HealthChecksGCP", "gcp-health-checks", "130.211.0.0/22 35.191.0.0/16"},
	}
}

// TestCatalog holds that an edge with each definition gives the selector that it should, beside declarations of the
// user's own, and that each definition has its row here and in docs/catalog.md.
func TestCatalog(t *testing.T) {
	page, err := os.ReadFile("../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range catalogPeers() {
		seen[p.definition] = true
		t.Run(p.definition+" "+p.peer, func(t *testing.T) {
			dir := t.TempDir()
			source := fmt.Sprintf("package policy\n\nimport %q\n\ncatalog.%s\nnamespace: \"shop\"\nnamespaces: mine: owned: false\nworkloads: {api: {}, \"mine/db\": {}}\nexternal: crm: cidrs: [\"203.0.114.0/24\"]\nallow: [\"%s -> api:8080\"]\n", catalog.ImportPath, p.definition, p.peer)
			if err := os.WriteFile(filepath.Join(dir, "policy.cue"), []byte(source), 0o666); err != nil {
				t.Fatal(err)
			}
			built, err := gen.Build(load.Env{Dir: dir}, []string{"."})
			if err != nil || built.Findings.Count(diag.Error)+built.Findings.Count(diag.Warning) > 0 {
				t.Fatal(err, built.Findings)
			}
			var got []string
			for _, policy := range built.Policies {
				for _, r := range policy.Spec.Ingress {
					got = append(got, peersText(r.From)...)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != p.selects {
				t.Errorf("it selects %s, not %s", text, p.selects)
			}
			if row := fmt.Sprintf("| `%s` | ", p.definition); !strings.Contains(string(page), row) || !strings.Contains(string(page), "`"+p.peer+"`") {
				t.Errorf("docs/catalog.md has no row `%s` with the peer `%s`", p.definition, p.peer)
			}
		})
	}
	for _, m := range regexp.MustCompile(`(?m)^(#[A-Z]\w+):`).FindAllStringSubmatch(string(catalog.File), -1) {
		if !seen[m[1]] {
			t.Errorf("no edge is tried with `%s`", m[1])
		}
	}
}

func peersText(peers []networkingv1.NetworkPolicyPeer) []string {
	var out []string
	for _, p := range peers {
		switch {
		case p.IPBlock != nil:
			out = append(out, p.IPBlock.CIDR)
		case p.PodSelector == nil || len(p.PodSelector.MatchLabels) == 0:
			out = append(out, labelsText(p.NamespaceSelector.MatchLabels))
		default:
			out = append(out, labelsText(p.NamespaceSelector.MatchLabels)+" "+labelsText(p.PodSelector.MatchLabels))
		}
	}
	return out
}

func labelsText(labels map[string]string) string {
	var out []string
	for k, v := range labels {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}
