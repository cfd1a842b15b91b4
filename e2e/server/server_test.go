//go:build linux

package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// TestServer gives the output of every example and golden to a real API server.
func TestServer(t *testing.T) {
	// The paths of tools are looked up before the PATH has npgen alone.
	c := cluster.Start(t)
	randomly := random(t) // it needs the go command
	define(t, c)
	tool.Setup(t)
	var built, forCilium []output
	for _, b := range append(build(t), randomly) {
		for _, namespace := range b.namespaces {
			addNamespace(t, c, namespace)
		}
		if len(b.cilium)+b.count > 0 {
			forCilium = append(forCilium, b)
		} else {
			built = append(built, b)
		}
	}
	t.Run("dry run", func(t *testing.T) { dryRun(t, c, built) })
	t.Run("refusals", func(t *testing.T) { refusals(t, c) })
	for _, b := range built {
		t.Run(b.name, func(t *testing.T) { readBack(t, c, b) })
	}
	t.Run("cilium dry run", func(t *testing.T) { ciliumDryRun(t, c, forCilium) })
	for _, b := range forCilium {
		if b.count == 0 {
			t.Run(b.name, func(t *testing.T) { ciliumReadBack(t, c, b) })
		}
	}
}

// output is a folder that `npgen build -o` has written.
type output struct {
	name, dir string
	files     []string
	policies  map[string]networkingv1.NetworkPolicy
	// cilium is CiliumNetworkPolicies, as they are written.
	cilium map[string]map[string]any
	// count is how many others there are in the files.
	count      int
	namespaces []string
}

// build builds every example and golden into a folder of its own.
func build(t *testing.T) []output {
	t.Helper()
	var out []output
	for _, pattern := range []string{"examples/*", "testdata/golden/*"} {
		for _, source := range tool.Glob(t, pattern) {
			if info, err := os.Stat(source); err != nil || !info.IsDir() {
				continue // a file beside the examples
			}
			dir := t.TempDir()
			tool.Run(t, source, "npgen", "build", "-q", "./...", "-o", dir)
			if _, err := os.Stat(filepath.Join(dir, "kustomization.yaml")); err == nil {
				out = append(out, read(t, filepath.Base(source), dir))
				continue
			}
			clusters, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(clusters) == 0 {
				t.Fatalf("%s has no output: %v", source, err)
			}
			for _, cluster := range clusters {
				out = append(out, read(t, filepath.Base(source)+" "+filepath.Base(cluster), cluster))
			}
		}
	}
	return out
}

// read reads the folder of one graph.
func read(t *testing.T, name, dir string) output {
	t.Helper()
	o := output{name: name, dir: dir, policies: map[string]networkingv1.NetworkPolicy{}, cilium: map[string]map[string]any{}}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Glob(filepath.Join(dir, "*.yaml")) // of objects that name no namespace
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, top...)
	for _, file := range files {
		if filepath.Base(file) != "kustomization.yaml" {
			o.files = append(o.files, file)
			o.read(t, file)
		}
	}
	return o
}

func (o *output) read(t *testing.T, file string) {
	t.Helper()
	for doc := range strings.SplitSeq(tool.Read(t, file), "\n---\n") {
		if strings.Contains("\n"+doc, ciliumKind) {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(doc), &object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			metadata := object["metadata"].(map[string]any)
			o.cilium[fmt.Sprintf("%s/%s", metadata["namespace"], metadata["name"])] = object
			o.namespaces = append(o.namespaces, metadata["namespace"].(string))
			continue
		}
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(doc), &p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if p.Namespace == "" {
			p.Namespace = metav1.NamespaceDefault // kubectl's
		}
		o.policies[p.Namespace+"/"+p.Name] = p
		o.namespaces = append(o.namespaces, p.Namespace)
	}
}

func addNamespace(t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := c.Client.CoreV1().Namespaces().Create(context.Background(), ns, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// dryRun asks the server about all files at once.
func dryRun(t *testing.T, c *cluster.Cluster, built []output) {
	args := []string{"apply", "--dry-run=server", "--validate=strict"}
	want := 0
	for _, b := range built {
		for _, file := range b.files {
			args = append(args, "-f", file)
		}
		want += len(b.policies)
	}
	out, err := c.Kubectl(".", "", args...)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out, " created (server dry run)\n"); got != want || want < 100 {
		t.Errorf("the server accepts %d objects of %d", got, want)
	}
	if left := policies(t, c); len(left) > 0 {
		t.Errorf("a dry run leaves %d objects", len(left))
	}
	t.Logf("%d objects of %d packages", want, len(built))
}

// refusals sees that a server that accepts everything would be noticed.
func refusals(t *testing.T, c *cluster.Cluster) {
	addNamespace(t, c, "default")
	const good = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: default}, spec: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}}`
	for name, r := range map[string]struct{ from, to, says string }{
		"none":          {"", "", ""},
		"unknown field": {"ports:", "port:", `unknown field "spec.ingress[0].port"`},
		"empty range":   {"endPort: 90", "endPort: 70", "must be greater than or equal to `port`"},
		"namespace":     {"namespace: default", "namespace: nowhere", `namespaces "nowhere" not found`},
	} {
		bad := strings.Replace(good, r.from, r.to, 1)
		_, err := c.Kubectl(".", bad, "apply", "--dry-run=server", "--validate=strict", "-f", "-")
		if r.says == "" && err != nil || r.says != "" && (err == nil || !strings.Contains(err.Error(), r.says)) {
			t.Errorf("%s: the server says %v", name, err)
		}
	}
}

// readBack applies a folder, and sees that the server keeps each object as it is in the folder. npgen writes out what
// the API has defaults for, so nothing may be added: neither a protocol nor policyTypes.
func readBack(t *testing.T, c *cluster.Cluster, o output) {
	if len(o.policies) == 0 {
		return // it has no objects; the golden says so
	}
	if _, err := c.Kubectl(".", "", "apply", "--validate=strict", "-k", o.dir); err != nil {
		t.Fatal(err)
	}
	got := policies(t, c)
	if diff := cmp.Diff(o.policies, got); diff != "" {
		t.Errorf("the server has something else (-folder +server):\n%s", diff)
	}
	if err := c.Clear(); err != nil {
		t.Fatal(err)
	}
}

// policies returns what the server has, without what it writes beside the object: its identity, its times, and what
// kubectl remembers of an apply.
func policies(t *testing.T, c *cluster.Cluster) map[string]networkingv1.NetworkPolicy {
	t.Helper()
	list, err := c.Client.NetworkingV1().NetworkPolicies("").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]networkingv1.NetworkPolicy{}
	for _, p := range list.Items {
		delete(p.Annotations, corev1.LastAppliedConfigAnnotation)
		if len(p.Annotations) == 0 {
			p.Annotations = nil
		}
		out[p.Namespace+"/"+p.Name] = networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, Labels: p.Labels, Annotations: p.Annotations},
			Spec:       p.Spec,
		}
	}
	return out
}
