package kustomize

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// withFunctions builds a kustomization with functions that kustomize starts itself.
func withFunctions() []string {
	return []string{"kustomize", "build", "--enable-alpha-plugins", "--enable-exec"}
}

// function is a functionConfig with the given spec, which kustomize starts as `npgen krm`.
func function(spec string) string {
	return `apiVersion: npgen.dev/v1alpha1
kind: PolicyPackage
metadata:
  name: shop
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: npgen
        args: [krm]
spec:
` + spec
}

// head makes a folder a repository, which is as far as a function reads.
const head = "ref: refs/heads/main\n"

func inline(cue string) string {
	return "  package: |\n    " + strings.ReplaceAll(cue, "\n", "\n    ") + "\n"
}

// TestGenerator holds what kustomize gets from the function against the stream of `npgen build`, for a package in the
// configuration and one by its path, seen from another folder than the kustomization.
func TestGenerator(t *testing.T) {
	tool.Setup(t, tool.Kustomize)
	for _, p := range packages() {
		for form, spec := range map[string]string{"inline": inline(p.cue), "paths": "  paths: [../policy]\n"} {
			t.Run(p.name+" "+form, func(t *testing.T) {
				dir := t.TempDir()
				tool.Write(t, dir, map[string]string{
					".git/HEAD":                 head,
					"policy/policy.cue":         p.cue,
					"deploy/function.yaml":      function(spec),
					"deploy/configmap.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n",
					"deploy/kustomization.yaml": "resources:\n- configmap.yaml\ngenerators:\n- function.yaml\nsortOptions:\n  order: fifo\n",
				})
				want := objects(t, tool.Run(t, dir, "npgen", "build", "-q", "policy"))
				got := render(t, dir, withFunctions(), "deploy")
				if len(got) == 0 || id(got[0]) != "ConfigMap /settings" {
					t.Fatalf("the other resources are not there: %v", ids(got))
				}
				compare(t, "the function", want, got[1:])
			})
		}
	}
}

const workloads = `# The web server.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: web # by digest, later
        ports:
        - {name: http, containerPort: 8080}
---
apiVersion: example.com/v1
kind: Widget
metadata:
  name: w
  namespace: shop
  annotations: {example.com/octal: "0644"}
spec: {on: "on", off: off, octal: 0o17, hex: 0x1F, float: 1.0, empty: {}, nothing: null}
`

const transformed = `package policy

namespace: "shop"
workloads: {
	web: ports: http: 8080
	api: {ports: http: 8080, elsewhere: true}
}
allow: ["web -> api", "any -> web"]
`

// TestTransformer sees the resources through the function unchanged, the policies behind them, and those that are in
// the resources already replaced.
func TestTransformer(t *testing.T) {
	tool.Setup(t, tool.Kustomize)
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{
		".git/HEAD":                   head,
		"policy/policy.cue":           transformed,
		"deploy/workloads.yaml":       workloads,
		"deploy/function.yaml":        function("  paths: [../policy]\n"),
		"deploy/kustomization.yaml":   "resources:\n- workloads.yaml\ntransformers:\n- function.yaml\nsortOptions:\n  order: fifo\n",
		"plain/kustomization.yaml":    "resources:\n- ../deploy/workloads.yaml\nsortOptions:\n  order: fifo\n",
		"again/kustomization.yaml":    "resources:\n- ../deploy/workloads.yaml\n- stale.yaml\n- out\ntransformers:\n- function.yaml\nsortOptions:\n  order: fifo\n",
		"again/function.yaml":         function("  paths: [../policy]\n"),
		"again/stale.yaml":            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: gone-allow-egress\n  namespace: shop\n  labels: {app.kubernetes.io/managed-by: npgen, npgen.dev/package: shop}\nspec: {podSelector: {}, policyTypes: [Egress]}\n",
		"clash/workloads.yaml":        workloads,
		"clash/function.yaml":         function("  paths: [../policy]\n"),
		"clash/kustomization.yaml":    "resources:\n- deny.yaml\ntransformers:\n- function.yaml\n",
		"clash/deny.yaml":             "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny-egress\n  namespace: shop\nspec: {podSelector: {}, policyTypes: [Egress]}\n",
		"mistaken/kustomization.yaml": "resources:\n- workloads.yaml\nnamePrefix: \"\"\ntransformers:\n- function.yaml\n",
		"mistaken/workloads.yaml":     workloads,
		"mistaken/function.yaml":      function("  strict: true\n" + inline(strings.ReplaceAll(transformed, "web: ports: http: 8080", "web: ports: http: 9090"))),
		"lenient/kustomization.yaml":  "resources:\n- ../deploy/workloads.yaml\ntransformers:\n- function.yaml\n",
		"lenient/function.yaml":       function(inline(strings.ReplaceAll(transformed, "web: ports: http: 8080", "web: ports: http: 9090"))),
	})
	allow := func(folder string) (string, string, int) {
		command := append(withFunctions(), "--load-restrictor", "LoadRestrictionsNone", folder)
		return tool.Try(t, dir, command[0], command[1:]...)
	}
	plain, _, _ := allow("plain")
	want := append(objects(t, plain), objects(t, tool.Run(t, dir, "npgen", "build", "-q", "policy"))...)

	stdout, stderr, status := allow("deploy")
	if status != 0 || stderr != "" {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	compare(t, "the function", want, objects(t, stdout))
	if !strings.HasPrefix(stdout, plain) {
		t.Errorf("the resources are not what they are without the function, to the byte:\n%s\nthey were:\n%s", stdout, plain)
	}

	// The policies are in the resources already, and one that the package no longer has.
	tool.Run(t, dir, "npgen", "build", "-q", "policy", "-o", filepath.Join("again", "out"))
	stdout, stderr, status = allow("again")
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	compare(t, "the function over its own output", want, objects(t, stdout))
	if !strings.Contains(stderr, "`shop/gone-allow-egress` was removed") {
		t.Errorf("npgen does not say what it removed:\n%s", stderr)
	}

	for folder, says := range map[string]string{
		"clash":    "NetworkPolicy `shop/default-deny-egress` is in the resources already",
		"mistaken": "PolicyPackage/shop/spec.package:5:20: warning: the port `http: 9090` is `8080` in the pods of `web` [port-number]",
	} {
		stdout, stderr, status := allow(folder)
		if status == 0 || stdout != "" || !strings.Contains(stderr, says) {
			t.Errorf("%s: exit status %d, stdout %q, and not %q:\n%s", folder, status, stdout, says, stderr)
		}
	}
	stdout, stderr, status = allow("lenient")
	if status != 0 || !strings.Contains(stderr, "[port-number]") || !strings.Contains(stdout, "name: web-allow-egress") {
		t.Errorf("a warning: exit status %d\n%s\n%s", status, stderr, stdout)
	}
}

// TestFailingGenerator sees that an error in the package fails the build, with the finding, and gives no objects.
func TestFailingGenerator(t *testing.T) {
	tool.Setup(t, tool.Kustomize)
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{
		"kustomization.yaml": "generators:\n- function.yaml\n",
		"function.yaml":      function(inline(strings.ReplaceAll(transformed, "web -> api", "web -> apl"))),
	})
	command := append(withFunctions(), ".")
	stdout, stderr, status := tool.Try(t, dir, command[0], command[1:]...)
	const finding = "PolicyPackage/shop/spec.package:8:17: error: `apl` is not declared [unknown-name]"
	if status == 0 || stdout != "" || !strings.Contains(stderr, finding) {
		t.Errorf("exit status %d, stdout %q:\n%s", status, stdout, stderr)
	}
}

// TestSilence is the trap that docs/integrations.md warns of: without --enable-exec kustomize leaves the generator out
// and says nothing. Should kustomize once say something, the warning can go.
func TestSilence(t *testing.T) {
	tool.Setup(t, tool.Kustomize)
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{
		"kustomization.yaml": "generators:\n- function.yaml\n",
		"function.yaml":      function(inline(transformed)),
	})
	stdout, stderr, status := tool.Try(t, dir, "kustomize", "build", "--enable-alpha-plugins", ".")
	if status != 0 || stdout != "" || stderr != "" {
		t.Errorf("kustomize no longer drops it silently: exit status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if _, stderr, status = tool.Try(t, dir, "kustomize", "build", "."); status == 0 || stderr == "" {
		t.Errorf("without both flags: exit status %d, stderr %q", status, stderr)
	}
}
