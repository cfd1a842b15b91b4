//go:build linux

package server

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

const ciliumKind = "\nkind: CiliumNetworkPolicy\n"

// define gives the server the definition of CiliumNetworkPolicies: that of the version which the judges have.
func define(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	dir, err := tool.Go(filepath.Join(tool.Root(t), "e2e/judges"), "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/cilium")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(strings.TrimSpace(dir), "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml")
	// What `apply` would keep of it in an annotation is too large for one.
	if _, err := c.Kubectl(".", "", "create", "-f", file); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if _, err = c.Kubectl(".", "", "get", "ciliumnetworkpolicies.cilium.io", "-A"); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// random has the judges write the objects of their random packages.
func random(t *testing.T) output {
	t.Helper()
	dir := t.TempDir()
	if _, err := tool.Go(filepath.Join(tool.Root(t), "e2e/judges"), "test", "-count=1", "-run", "^TestCiliumPackages$", ".", "-objects", dir); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	o := output{name: "random packages", files: files, cilium: map[string]map[string]any{}}
	for _, file := range files {
		o.read(t, file)
		o.count += len(o.cilium)
		o.cilium = map[string]map[string]any{} // many packages have objects of one name
	}
	return o
}

// ciliumDryRun asks the server about all objects for Cilium at once, and sees it refuse others.
func ciliumDryRun(t *testing.T, c *cluster.Cluster, built []output) {
	args := []string{"apply", "--dry-run=server", "--validate=strict"}
	want := 0
	for _, b := range built {
		for _, file := range b.files {
			args = append(args, "-f", file)
		}
		want += len(b.cilium) + b.count
	}
	out, err := c.Kubectl(".", "", args...)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out, "(server dry run)\n"); got != want || want < 100 {
		t.Errorf("the server accepts %d objects of %d", got, want)
	}
	t.Logf("%d objects for Cilium of %d packages", want, len(built))
	const good = `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: x, namespace: default}, spec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]}}`
	for name, r := range map[string]struct{ from, to, says string }{
		"none":          {"", "", ""},
		"unknown field": {"toPorts:", "toPort:", `unknown field "spec.ingress[0].toPort"`},
		"number":        {`port: "80"`, "port: 80", "must be of type string"},
	} {
		_, err := c.Kubectl(".", strings.Replace(good, r.from, r.to, 1), "apply", "--dry-run=server", "--validate=strict", "-f", "-")
		if r.says == "" && err != nil || r.says != "" && (err == nil || !strings.Contains(err.Error(), r.says)) {
			t.Errorf("%s: the server says %v", name, err)
		}
	}
}

// ciliumReadBack applies a folder, and sees that the server keeps each object as it is in the folder.
func ciliumReadBack(t *testing.T, c *cluster.Cluster, o output) {
	if _, err := c.Kubectl(".", "", "apply", "--server-side", "--validate=strict", "-k", o.dir); err != nil {
		t.Fatal(err)
	}
	text, err := c.Kubectl(".", "", "get", "ciliumnetworkpolicies.cilium.io", "-A", "-o", "yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]any{}
	for _, item := range list.Items {
		metadata, _ := item["metadata"].(map[string]any)
		for _, key := range []string{"creationTimestamp", "generation", "resourceVersion", "uid", "managedFields"} {
			delete(metadata, key)
		}
		got[fmt.Sprintf("%s/%s", metadata["namespace"], metadata["name"])] = item
	}
	if diff := cmp.Diff(o.cilium, got); diff != "" {
		t.Errorf("the server has something else (-folder +server):\n%s", diff)
	}
	if _, err := c.Kubectl(".", "", "delete", "ciliumnetworkpolicies.cilium.io", "-A", "--all"); err != nil {
		t.Fatal(err)
	}
}
