//go:build corpus

// Real policies are no part of the project: `NPGEN_CORPUS=<folder> go test -tags corpus -run TestCorpus -v ./gen/review`.

package review_test

import (
	"bufio"
	"cmp"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

// kind is findings of one rule in one repository or application.
type kind struct{ from, rule string }

// verdict is what people said who looked at each error by hand.
type verdict struct{ right, wrong int }

// judged returns the errors of the corpus as people judged them. One that is not among them has to be looked at first.
func judged() map[kind]verdict {
	return map[kind]verdict{
		// A name and a namespace with placeholders, in a page of documentation.
		{"FXGUNIT__TradersApp", diag.InvalidPolicy}: {right: 2},
		// Egress rules under `policyTypes: [Ingress]`, of seven services in a base and in what was rendered from it.
		{"Hung6066__micro", diag.IgnoredRules}: {right: 14},
		// `app.kubernetes.io/managed-by: kustomize` and more besides `k8s-app: kube-dns`, in what kustomize rendered.
		{"Hung6066__micro", diag.DNSPeer}: {right: 7},
		// `- podSelector: {}` as a rule, where a peer of the rule before was meant.
		{"Hung6066__micro", diag.InvalidPolicy}: {right: 1},
		// A policy and, as keys of the same mapping, the output of a tool, in a page of documentation; `matchlabels` for
		// `matchLabels`, three times, in a page of documentation.
		{"kubernetes-sigs__network-policy-api", diag.InvalidPolicy}: {right: 5},
		// Inputs that are wrong on purpose: a label key with `@`, a label value with `$`, peers with too much and with
		// nothing, ranges of ports that no API server takes, names with `_`.
		{"np-guard__netpol-analyzer", diag.InvalidPolicy}: {right: 10},
		// `cidr: A`, wrong on purpose.
		{"np-guard__netpol-analyzer", diag.InvalidCIDR}: {right: 1},
	}
}

// TestCorpus reviews real policies, those of one folder of a repository together, and real applications with theirs. It
// shows how often each rule speaks, and holds the errors to those that were judged.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("NPGEN_CORPUS")
	if corpus == "" {
		t.Fatal("NPGEN_CORPUS names no folder of policies")
	}
	found := map[kind]int{}
	table := map[string]map[string]int{}
	inputs := inputsOf(t, corpus)
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		reviewed, err := gen.Review(load.Env{Dir: corpus}, gen.Input{Paths: inputs[name]})
		if err != nil {
			t.Fatal(err)
		}
		from, _, _ := strings.Cut(name, "/")
		for _, d := range reviewed.Findings {
			if table[d.Rule] == nil {
				table[d.Rule] = map[string]int{}
			}
			table[d.Rule][d.Severity.String()]++
			if d.Severity == diag.Error {
				found[kind{from, d.Rule}]++
				t.Log(d)
			}
		}
	}
	t.Logf("%-20s %8s %8s %8s", "rule", "errors", "warnings", "infos")
	for _, rule := range slices.Sorted(maps.Keys(table)) {
		n := table[rule]
		t.Logf("%-20s %8d %8d %8d", rule, n["error"], n["warning"], n["info"])
	}
	right, wrong := 0, 0
	known := map[kind]int{}
	for k, v := range judged() {
		known[k] = v.right + v.wrong
		right, wrong = right+v.right, wrong+v.wrong
	}
	t.Logf("%d inputs; errors: %d true, %d false", len(inputs), right, wrong)
	if diff := gocmp.Diff(known, found); diff != "" {
		t.Errorf("errors that nobody judged, or that are gone (-judged +found):\n%s", diff)
	}
}

// inputsOf returns the paths that are reviewed together: the policies that came from one folder of a repository, or from
// one page, and each application with its policies.
func inputsOf(t *testing.T, corpus string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	files, err := filepath.Glob(filepath.Join(corpus, "policies", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies in %s: %v", corpus, err)
	}
	for _, file := range files {
		repository := filepath.Base(filepath.Dir(file))
		source := sourceOf(t, file)
		if path.Ext(source) != ".md" {
			source = path.Dir(source)
		}
		name := repository + "/" + source
		out[name] = append(out[name], filepath.Join("policies", repository, filepath.Base(file)))
	}
	apps, err := filepath.Glob(filepath.Join(corpus, "apps", "*"))
	if err != nil || len(apps) == 0 {
		t.Fatalf("no applications in %s: %v", corpus, err)
	}
	for _, app := range apps {
		out[filepath.Base(app)] = []string{filepath.Join("apps", filepath.Base(app))}
	}
	return out
}

// sourceOf returns the path in its repository that a file came from: its first line is `# source: owner/name:path@commit`.
func sourceOf(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(line, "# source: "), ":")
	source, _, _ := strings.Cut(rest, "@")
	return cmp.Or(source, file)
}
