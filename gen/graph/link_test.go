package graph_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
)

// TestLink holds what packages mean together. Each txtar file has cases: a folder with packages in folders of their
// own, and a file `want` with the graph of them.
func TestLink(t *testing.T) {
	files, err := filepath.Glob("testdata/link/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before := txtar.Format(archive)
		for i, f := range archive.Files {
			name, isCase := strings.CutSuffix(f.Name, "/want")
			if !isCase {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				got := linked(t, archive, name+"/")
				if flag.Lookup("update").Value.String() == "true" {
					archive.Files[i].Data = []byte(got)
				} else if diff := cmp.Diff(strings.Split(string(f.Data), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("graph (-want +got):\n%s", diff)
				}
			})
		}
		if after := txtar.Format(archive); !bytes.Equal(before, after) {
			if err := os.WriteFile(file, after, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// linked returns the graph of a case in both orders of its packages, which must be the same but for whose words count.
func linked(t *testing.T, archive *txtar.Archive, prefix string) string {
	t.Helper()
	dir := t.TempDir()
	var folders []string
	for _, f := range archive.Files {
		path, ok := strings.CutPrefix(f.Name, prefix)
		if !ok || path == "want" {
			continue
		}
		if folder := filepath.Dir(path); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := describe(t, dir, folders)
	slices.Reverse(folders)
	if again := describe(t, dir, folders); again != got {
		t.Errorf("in the other order of the packages (-first +other):\n%s", cmp.Diff(got, again))
	}
	return got
}

func describe(t *testing.T, dir string, folders []string) string {
	t.Helper()
	sources, err := load.Sources(dir, folders)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := load.Packages(load.Env{Dir: dir}, sources)
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Link(loaded.Packages)
	if all := append(loaded.Findings, findings...); all.Count(diag.Error) > 0 {
		t.Fatalf("findings: %v", all)
	}
	var b strings.Builder
	for _, n := range g.Namespaces {
		describeNamespace(&b, n)
	}
	var edges []string
	for kind, list := range map[string][]*graph.Edge{"allow": g.Edges, "forbid": g.Forbids} {
		for _, e := range list {
			edges = append(edges, fmt.Sprintf("%s %s%s\n", kind, e.Text(nil), half(e)+except(e)))
		}
	}
	slices.Sort(edges)
	for _, e := range edges {
		b.WriteString(e)
	}
	return b.String()
}

func describeNamespace(b *strings.Builder, n *graph.Namespace) {
	deny := map[bool]string{false: "namespace", true: "workload"}[n.PerWorkload]
	switch {
	case n.Owned():
		fmt.Fprintf(b, "namespace %s: isolate %s, deny %s%s\n", n.Name, n.Isolate, deny, known(n.KnownLabels))
	case n.Selector != nil:
		fmt.Fprintf(b, "namespaces %s: %v %v\n", n.Name, n.Selector.MatchLabels, n.Selector.MatchExpressions)
	default:
		fmt.Fprintf(b, "namespace %s: a peer%s\n", n.Name, known(n.KnownLabels))
	}
	for _, w := range n.Workloads {
		fmt.Fprintf(b, "  %s %v", w.Name, w.Selector.MatchLabels)
		if len(w.Selector.MatchExpressions) > 0 {
			fmt.Fprintf(b, " %v", w.Selector.MatchExpressions)
		}
		for _, p := range w.Ports {
			fmt.Fprintf(b, " %s=%s", p.Name, p.Port)
		}
		for _, d := range graph.AllDirections() {
			if w.Isolated(d) {
				fmt.Fprintf(b, ", isolated for %s", d)
			}
		}
		if w.DNS.Set {
			fmt.Fprintf(b, ", dns %t", w.DNS.Value)
		}
		if w.Service != nil {
			fmt.Fprintf(b, ", a service of %d ports", len(w.Service.Ports))
		}
		if w.Elsewhere {
			b.WriteString(", elsewhere")
		}
		b.WriteString(known(w.KnownLabels))
		b.WriteByte('\n')
	}
}

// known returns known labels; those that are not given are nil.
func known(labels map[string]string) string {
	if labels == nil {
		return ""
	}
	return fmt.Sprintf(", known %v", labels)
}

func except(e *graph.Edge) string {
	out := ""
	for i, p := range e.Except {
		if i == 0 {
			out = ", except"
		}
		out += " " + p.NameIn(nil)
	}
	return out
}

func half(e *graph.Edge) string {
	if e.Half == 0 {
		return ""
	}
	return ", " + e.Half.String() + " alone"
}
