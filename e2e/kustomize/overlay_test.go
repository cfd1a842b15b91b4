package kustomize

import (
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

const dnsPackage = `package policy

namespace: "shop"
workloads: {
	web: ports: http: 8080
	api: ports: http: 8080
}
allow: ["web -> api"]
`

const twoNamespaces = `package policy

namespace: "shop"
namespaces: pay: {}
workloads: {
	web: {}
	"pay/api": ports: http: 8080
}
allow: ["web -> pay/api"]
`

// overlays builds npgen's folder and kustomizations above it.
func overlays(t *testing.T, cue string, kustomizations map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"policy/policy.cue": cue})
	tool.Run(t, dir, "npgen", "build", "-q", "policy", "-o", "out")
	for name, text := range kustomizations {
		tool.Write(t, dir, map[string]string{name + "/kustomization.yaml": text})
	}
	return dir
}

// TestHarmless holds what docs/integrations.md calls harmless against the package: specs stay as they are, and no flow
// opens or closes, through two overlays as well.
func TestHarmless(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	dir := overlays(t, dnsPackage, map[string]string{
		"prefix":  "resources: [../out]\nnamePrefix: prod-\nnameSuffix: -v2\nsortOptions: {order: fifo}\n",
		"labels":  "resources: [../out]\nlabels:\n- pairs: {team: shop, app.kubernetes.io/name: all}\ncommonAnnotations: {a: b}\nsortOptions: {order: fifo}\n",
		"twofold": "resources: [../prefix]\nlabels:\n- pairs: {team: shop}\nnamePrefix: more-\nsortOptions: {order: fifo}\n",
	})
	want := objects(t, tool.Run(t, dir, "npgen", "build", "-q", "policy"))
	for name, command := range renderers() {
		for _, overlay := range []string{"prefix", "labels", "twofold"} {
			got := render(t, dir, command, overlay)
			if len(got) != len(want) {
				t.Fatalf("%s of %s: %d objects, want %d", name, overlay, len(got), len(want))
			}
			for i := range got {
				for _, field := range []string{"apiVersion", "kind", "spec"} {
					compareValue(t, name+" of "+overlay, want[i][field], got[i][field])
				}
			}
			stream := tool.Run(t, dir, command[0], append(command[1:len(command):len(command)], overlay)...)
			tool.Write(t, dir, map[string]string{"rendered.yaml": stream})
			tool.Run(t, dir, "npgen", "diff", "policy", "rendered.yaml")
			if _, stderr, _ := tool.Try(t, dir, "npgen", "review", "rendered.yaml"); strings.Contains(stderr, "dns-peer") {
				t.Errorf("%s of %s: npgen review cries wolf:\n%s", name, overlay, stderr)
			}
		}
	}
}

// TestRewrittenPeers shows what labels in selectors do, and that the comparison with the package finds it, and so does
// the review of what kustomize prints: the DNS servers are asked for by labels that they do not have.
func TestRewrittenPeers(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	dir := overlays(t, dnsPackage, map[string]string{
		"common":    "resources: [../out]\ncommonLabels: {env: prod}\n",
		"selectors": "resources: [../out]\nlabels:\n- pairs: {env: prod}\n  includeSelectors: true\n",
	})
	for name, command := range renderers() {
		for _, overlay := range []string{"common", "selectors"} {
			stream := tool.Run(t, dir, command[0], append(command[1:len(command):len(command)], overlay)...)
			if !strings.Contains(stream, "          env: prod\n          k8s-app: kube-dns\n") {
				t.Errorf("%s no longer rewrites the peers of %s: the warning in docs/integrations.md can go\n%s", name, overlay, stream)
			}
			tool.Write(t, dir, map[string]string{"rendered.yaml": stream})
			stdout, stderr, status := tool.Try(t, dir, "npgen", "diff", "policy", "rendered.yaml")
			const closed = "-> kube-system/{k8s-app=kube-dns}:53,53/udp"
			if status != 1 || !strings.Contains(stdout, closed) {
				t.Errorf("%s of %s: npgen diff gives %d and not %q:\n%s%s", name, overlay, status, closed, stdout, stderr)
			}
			stdout, stderr, status = tool.Try(t, dir, "npgen", "review", "rendered.yaml")
			const label = "error: the label `env: prod` is this policy's own, and not one that the DNS servers have (NetworkPolicy "
			if status != 1 || !strings.Contains(stderr, label) {
				t.Errorf("%s of %s: npgen review gives %d and not %q:\n%s%s", name, overlay, status, label, stdout, stderr)
			}
		}
	}
}

// TestNamespace shows what a namespace in an overlay does: with several namespaces it fails where names clash, and
// merges them where not, which the comparison with the package finds.
func TestNamespace(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	moved := map[string]string{"moved": "resources: [../out]\nnamespace: other\n"}
	clash := overlays(t, twoNamespaces, moved)
	merged := overlays(t, twoNamespaces+"deny: \"workload\"\n", moved)
	for name, command := range renderers() {
		args := append(command[1:len(command):len(command)], "moved")
		stdout, stderr, status := tool.Try(t, clash, command[0], args...)
		if status == 0 || stdout != "" || !strings.Contains(stderr, "ID conflict") {
			t.Errorf("%s: exit status %d, and no conflict:\n%s%s", name, status, stdout, stderr)
		}
		tool.Write(t, merged, map[string]string{"rendered.yaml": tool.Run(t, merged, command[0], args...)})
		if stdout, stderr, status := tool.Try(t, merged, "npgen", "diff", "policy", "rendered.yaml"); status != 1 {
			t.Errorf("%s: npgen diff gives %d for policies in another namespace:\n%s%s", name, status, stdout, stderr)
		}
	}
}

// TestOrder sees that kustomize sorts unless the kustomization at the top says otherwise: allow objects come before
// default denies only then.
func TestOrder(t *testing.T) {
	tool.Setup(t, tool.Kustomize, tool.Kubectl)
	dir := overlays(t, dnsPackage, map[string]string{
		"sorted": "resources: [../out]\nsortOptions: {order: legacy}\n",
		"fifo":   "resources: [../out]\nsortOptions: {order: fifo}\n",
	})
	for name, command := range renderers() {
		if got := ids(render(t, dir, command, "fifo")); !strings.Contains(got[len(got)-1], "default-deny") || !strings.Contains(got[0], "allow") {
			t.Errorf("%s: fifo is %v", name, got)
		}
		if got := ids(render(t, dir, command, "sorted")); strings.Contains(got[len(got)-1], "default-deny") {
			t.Errorf("%s: sorted is %v", name, got)
		}
	}
}
