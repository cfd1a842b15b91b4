package judges

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	clusters "github.com/npgen/npgen/gen/world"
)

// corpusVariable names a folder of policies that others wrote: policies/<repository>/*.yaml, and apps/<name> with
// policies and manifests. A relative path is one from the project's root.
const corpusVariable = "NPGEN_CORPUS"

// TestRealPolicies compares npgen's evaluator with every judge over the project's own output and over those of a corpus,
// where the caller names one.
func TestRealPolicies(t *testing.T) {
	const probes = 180
	c := newComparison(func(s string) { t.Error(s) })
	total := &found{seen: map[string]bool{}, refused: map[string]int{}}
	for i, s := range sources(t) {
		policies, pods, namespaces := s.read(t, total)
		for _, v6 := range []bool{false, true} {
			if len(policies) == 0 || v6 && !strings.Contains(fmt.Sprint(policies), "::") {
				continue
			}
			w := &world{policies: policies, pods: slices.Clone(pods), namespaces: namespaces, v6: v6}
			r := rand.New(rand.NewPCG(*seed, uint64(i)))
			if err := populate(w, r, 24); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			chosen, err := realProbes(w, r, probes**scale)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.ask(w, chosen); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
	}
	t.Logf("real policies: %d in %d files, %d documents that do not parse, %d of other kinds", total.policies, len(total.seen), total.broken, total.others)
	for _, reason := range sorted(total.refused) {
		t.Logf("real policies: refused as the API server refuses them: %d, %s", total.refused[reason], reason)
	}
	if total.policies == 0 {
		t.Error("no policies")
	}
	c.log(t, "real policies")
}

// realProbes aims at each policy, and a few at anything.
func realProbes(w *world, r *rand.Rand, n int) ([]Probe, error) {
	cluster, err := w.cluster()
	if err != nil {
		return nil, err
	}
	out := w.probes(r, n/3)
	for i := range cluster.Policies {
		out = append(out, aim{r, w}.probes(&cluster.Policies[i], max(n/len(cluster.Policies), 12))...)
	}
	return out, nil
}

// source is files that are read together.
type source struct {
	name      string
	files     []string
	manifests []string
}

// found counts what the files hold.
type found struct {
	policies, broken, others int
	refused                  map[string]int
	// seen is the files that are counted: a file is read alone and with its folder.
	seen map[string]bool
}

// sources returns each file, each folder of files, and each app.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	for _, pattern := range []string{"../../examples/*/policies", "../../examples/clusters/policies/*", "../../testdata/golden/*/want"} {
		for _, dir := range glob(t, pattern) {
			if filepath.Base(filepath.Dir(dir)) == "clusters" {
				continue // whose folders are read one by one
			}
			if strings.HasPrefix(filepath.Base(filepath.Dir(dir)), "np-demo-") {
				continue // whose objects are Cilium's
			}
			out = append(out, source{name: dir, files: yamlFiles(t, dir)})
		}
	}
	corpus := os.Getenv(corpusVariable)
	if corpus == "" {
		t.Logf("real policies: %s is not set: only the project's own examples and goldens", corpusVariable)
		return out
	}
	if !filepath.IsAbs(corpus) {
		corpus = filepath.Join("../..", corpus)
	}
	t.Logf("real policies: %s is set: the corpus, and the project's own examples and goldens", corpusVariable)
	for _, dir := range glob(t, filepath.Join(corpus, "policies/*")) {
		files := yamlFiles(t, dir)
		out = append(out, source{name: filepath.Base(dir), files: files})
		for _, f := range files {
			out = append(out, source{name: f, files: []string{f}})
		}
	}
	for _, dir := range glob(t, filepath.Join(corpus, "apps/*/policies")) {
		out = append(out, source{name: dir, files: yamlFiles(t, dir), manifests: yamlFiles(t, filepath.Join(filepath.Dir(dir), "manifests"))})
	}
	return out
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	out, err := filepath.Glob(pattern)
	if err != nil || len(out) == 0 {
		t.Fatalf("nothing at %s: %v", pattern, err)
	}
	return out
}

func yamlFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read returns the policies of a source that npgen takes, and the pods and namespaces of its manifests.
func (s source) read(t *testing.T, total *found) ([]tree, []clusters.Pod, map[string]map[string]string) {
	t.Helper()
	var policies []tree
	var pods []clusters.Pod
	namespaces, names := map[string]map[string]string{}, map[string]bool{}
	for _, file := range append(slices.Clone(s.files), s.manifests...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		count := total
		if total.seen[file] {
			count = &found{refused: map[string]int{}}
		}
		total.seen[file] = true
		for _, doc := range objects(data, count) {
			switch kind := fmt.Sprint(doc["kind"]); {
			case kind == "NetworkPolicy" && doc["apiVersion"] == "networking.k8s.io/v1":
				name(doc, names)
				if _, err := read.Policies((&world{policies: []tree{doc}}).yaml()); err != nil {
					count.refused[lastLine(err)]++
					continue
				}
				policies = append(policies, doc)
				count.policies++
			case kind == "Namespace":
				namespaces[text(doc, "metadata", "name")] = labelsAt(doc, "metadata", "labels")
			default:
				if pod, ok := podOf(doc); ok {
					pods = append(pods, pod)
				} else {
					count.others++
				}
			}
		}
	}
	return policies, pods, namespaces
}

// objects returns the documents of a file, those of lists one by one.
func objects(data []byte, total *found) []tree {
	var out []tree
	for _, doc := range splitDocuments(data) {
		t, err := parseTree(doc)
		switch {
		case err != nil:
			total.broken++
		case t["items"] != nil:
			for _, item := range t["items"].([]any) {
				out = append(out, item.(tree))
			}
		case t != nil:
			out = append(out, t)
		}
	}
	return out
}

// name gives a policy a namespace where it has none and another name where two have the same, and leaves out what the
// server writes.
func name(doc tree, taken map[string]bool) {
	metadata, _ := doc["metadata"].(tree)
	if metadata == nil {
		metadata = tree{}
	}
	if text(doc, "metadata", "namespace") == "" {
		metadata["namespace"] = "default"
	}
	key := fmt.Sprint(metadata["namespace"], "/", metadata["name"])
	for taken[key] {
		key += "-again"
	}
	taken[key] = true
	delete(doc, "status")
	doc["metadata"] = tree{"namespace": metadata["namespace"], "name": key[strings.Index(key, "/")+1:]}
}

func lastLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	_, reason, _ := strings.Cut(lines[len(lines)-1], ": ")
	return reason
}

// podOf reads a pod, or the template of one.
func podOf(doc tree) (clusters.Pod, bool) {
	at := []string{"spec", "template"}
	switch doc["kind"] {
	case "Pod":
		at = nil
	case "CronJob":
		at = []string{"spec", "jobTemplate", "spec", "template"}
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
	default:
		return clusters.Pod{}, false
	}
	out := clusters.Pod{Namespace: text(doc, "metadata", "namespace"), Labels: labelsAt(doc, append(slices.Clone(at), "metadata", "labels")...)}
	if out.Namespace == "" {
		out.Namespace = "default"
	}
	spec, _ := dig(doc, append(slices.Clone(at), "spec")...).(tree)
	out.HostNetwork = spec["hostNetwork"] == true
	eachTree(spec["containers"], func(t tree) {
		number, ok := t["containerPort"].(float64)
		if name := text(t, "name"); ok && name != "" {
			protocol := map[any]graph.Protocol{"UDP": graph.UDP, "SCTP": graph.SCTP}[t["protocol"]]
			out.Ports = append(out.Ports, clusters.NamedPort{Name: name, Protocol: protocol, Port: int(number)})
		}
	})
	return out, true
}

func dig(v any, path ...string) any {
	for _, field := range path {
		t, _ := v.(tree)
		v = t[field]
	}
	return v
}

func text(doc tree, path ...string) string {
	s, _ := dig(doc, path...).(string)
	return s
}

func labelsAt(doc tree, path ...string) map[string]string {
	out := map[string]string{}
	labels, _ := dig(doc, path...).(tree)
	for k, v := range labels {
		out[k] = fmt.Sprint(v)
	}
	return out
}
