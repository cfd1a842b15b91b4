package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/picture"
)

// TestPictures holds the picture in each example's README to what `npgen graph` draws of it.
func TestPictures(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```mermaid\n(.*?)^```$")
	for _, name := range folders(t) {
		path := filepath.Join(name, "README.md")
		readme, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := block.FindAllSubmatchIndex(readme, -1)
		if len(found) != 1 {
			t.Errorf("%s has %d pictures, want 1", path, len(found))
			continue
		}
		from, to := found[0][2], found[0][3]
		want := drawn(t, "./"+packages(t, name))
		if string(readme[from:to]) == want {
			continue
		}
		if !*update {
			t.Errorf("the picture in %s is not what npgen draws; run `go test ./examples -update`", path)
			continue
		}
		if err := os.WriteFile(path, []byte(string(readme[:from])+want+string(readme[to:])), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// drawn returns what `npgen graph` prints.
func drawn(t *testing.T, path string) string {
	t.Helper()
	clusters, findings, _, err := gen.ReadClusters(env(t), gen.Input{Paths: []string{path}})
	if err != nil || findings.Count(diag.Error) > 0 {
		t.Fatal(err, findings)
	}
	var all []picture.Cluster
	for _, c := range clusters {
		in, err := c.Inquiry()
		if err != nil {
			t.Fatal(err)
		}
		listing, err := picture.List(in, "")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, picture.Cluster{Listing: answer.Listing{Listing: listing, Cluster: c.Name, NotCounted: c.NotCounted}, Inquiry: in})
	}
	var b strings.Builder
	if err := picture.OfFlows(all, "").Write(&b, "mermaid"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
