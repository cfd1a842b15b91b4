//go:build corpus

// Real applications are no part of the project: `NPGEN_CORPUS=<folder> go test -tags corpus ./gen/inventory`.

package inventory

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/npgen/npgen/gen/budget"
)

// TestCorpus compares the guessed edges of real applications with the graphs that people wrote for them.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("NPGEN_CORPUS")
	if corpus == "" {
		t.Fatal("NPGEN_CORPUS names no folder of applications")
	}
	tests := []struct {
		app              string
		missed, invented []string
	}{
		{app: "acs-security-demos"},
		{app: "online-boutique"},
		{app: "wordpress", missed: []string{"wordpress -> any:443"}},
		{app: "bank-of-anthos", invented: []string{
			// they share one ConfigMap, of which ledgerwriter uses a part
			"ledgerwriter -> contacts:8080", "ledgerwriter -> transactionhistory:8080", "ledgerwriter -> userservice:8080",
		}},
		// no manifest says whom productpage and reviews call
		{
			app:      "bookinfo",
			missed:   []string{"details -> any:443", "productpage -> details:9080", "productpage -> reviews:9080", "reviews -> ratings:9080"},
			invented: []string{"*/* -> productpage:9080"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.app, func(t *testing.T) {
			dir := filepath.Join(corpus, "apps", tt.app)
			inv, _, err := Read(dir, []string{"manifests"}, nil, budget.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(dir, "graph.txt"))
			if err != nil {
				t.Fatal(err)
			}
			guessed, real := edgesIn(string(Starter(inv, ""))), edgesIn(string(want))
			if diff := cmp.Diff(tt.missed, without(real, guessed), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("missed: %s", diff)
			}
			if diff := cmp.Diff(tt.invented, without(guessed, real), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("invented: %s", diff)
			}
		})
	}
}

// edgesIn returns the edges `a -> b:80` that stand in a text, sorted, in the words of the language.
func edgesIn(text string) []string {
	edge := regexp.MustCompile(`(?m)^\s*"?([-a-z/*]+)(?:\([^)]*\))? -> ([-a-z/]+:\d+)`)
	var out []string
	for _, m := range edge.FindAllStringSubmatch(text, -1) {
		words := strings.NewReplacer("any-namespace", "*/*", "world", "any")
		out = append(out, words.Replace(m[1]+" -> "+m[2]))
	}
	slices.Sort(out)
	return out
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
