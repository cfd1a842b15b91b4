package gen_test

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds the packages to the map in doc.go: each stands in it once and imports only what stands above it.
func TestImports(t *testing.T) {
	order := mapped(t)
	imports := importsOfPackages(t)
	for _, name := range order {
		if name != "schema" && name != "catalog" && imports[name] == nil {
			t.Errorf("the map has `%s`, which is no package", name)
		}
	}
	for name, imported := range imports {
		place := slices.Index(order, name)
		if place < 0 {
			t.Errorf("`%s` is not in the map", name)
			continue
		}
		for _, other := range imported {
			if i := slices.Index(order, other); i < 0 || i >= place {
				t.Errorf("`%s` imports `%s`, which does not stand above it in the map", name, other)
			}
		}
	}
}

// TestWitness holds that what proves shares no step with what writes, directly or by way of others.
func TestWitness(t *testing.T) {
	imports := importsOfPackages(t)
	writes := regexp.MustCompile(`^(policy|dialect/[^/]+/write)$`)
	reads := regexp.MustCompile(`^(prove|rule|world|flows|dialect/[^/]+/read)$`)
	seen := 0
	for name, direct := range imports {
		if !writes.MatchString(name) && !reads.MatchString(name) {
			continue
		}
		seen++
		if writes.MatchString(name) && slices.Contains(direct, "sets") {
			t.Errorf("`%s` writes, and imports `sets`", name)
		}
		for _, other := range reached(imports, name) {
			if writes.MatchString(name) && reads.MatchString(other) || reads.MatchString(name) && writes.MatchString(other) {
				t.Errorf("`%s` imports `%s`", name, other)
			}
		}
	}
	if seen < 7 {
		t.Errorf("only %d packages write or read", seen)
	}
	// The folder takes what is proven, and knows of the rest of the reading side nothing.
	for _, other := range imports["manifest"] {
		if reads.MatchString(other) && other != "prove" || other == "sets" {
			t.Errorf("`manifest` imports `%s`", other)
		}
	}
}

// mapped returns the packages of the map, in order.
func mapped(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range regexp.MustCompile(`(?m)^\t(\S+)  `).FindAllStringSubmatch(file.Doc.Text(), -1) {
		if slices.Contains(out, line[1]) {
			t.Errorf("the map has `%s` twice", line[1])
		}
		out = append(out, line[1])
	}
	if len(out) < 15 {
		t.Fatalf("the map has %d packages", len(out))
	}
	return out
}

// importsOfPackages returns what each package below this one imports of the project, by paths below this one; schema and
// catalog are beside it.
func importsOfPackages(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "internal"):
			return fs.SkipDir
		case entry.IsDir(), path.Ext(file) != ".go", strings.HasSuffix(file, "_test.go"), filepath.Dir(file) == ".":
			return nil
		}
		name := filepath.ToSlash(filepath.Dir(file))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if out[name] == nil {
			out[name] = []string{}
		}
		for _, s := range parsed.Imports {
			imported, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(imported, "github.com/npgen/npgen/"); ok {
				out[name] = append(out[name], strings.TrimPrefix(own, "gen/"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// reached returns all that a package imports, directly or by way of others.
func reached(imports map[string][]string, name string) []string {
	var out []string
	left := slices.Clone(imports[name])
	for len(left) > 0 {
		next := left[0]
		left = left[1:]
		if !slices.Contains(out, next) {
			out = append(out, next)
			left = append(left, imports[next]...)
		}
	}
	return out
}

// TestDrawing holds the drawing of imports in docs/how-it-works.md: each arrow is an import, and what a package imports
// can be reached by arrows. What most import is left out.
func TestDrawing(t *testing.T) {
	page, err := os.ReadFile("../docs/how-it-works.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "Who imports whom")
	without, rest, _ := strings.Cut(rest, "```mermaid\n")
	var leftOut []string
	for _, m := range regexp.MustCompile("`(.+?)`").FindAllStringSubmatch(without, -1) {
		leftOut = append(leftOut, m[1])
	}
	drawing, _, _ := strings.Cut(rest, "```")
	called := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+)\["([^"]+)"\]`).FindAllStringSubmatch(drawing, -1) {
		called[m[1]] = m[2]
		drawing = strings.ReplaceAll(drawing, m[0], m[1])
	}
	imports, drawn, arrows := importsOfPackages(t), map[string][]string{}, 0
	for line := range strings.Lines(drawing) {
		ends := strings.Split(strings.TrimSpace(line), " --> ")
		for i, end := range ends {
			ends[i] = cmp.Or(called[end], end)
		}
		for i := range ends[1:] {
			arrows++
			drawn[ends[i]] = append(drawn[ends[i]], ends[i+1])
			if !slices.Contains(imports[ends[i]], ends[i+1]) {
				t.Errorf("the drawing has `%s` import `%s`, which it does not", ends[i], ends[i+1])
			}
		}
	}
	for name, imported := range imports {
		slices.Sort(imported)
		for _, other := range slices.Compact(imported) {
			if !slices.Contains(leftOut, other) && !slices.Contains(reached(drawn, name), other) {
				t.Errorf("`%s` imports `%s`, and no arrows lead there", name, other)
			}
		}
	}
	if arrows < 12 {
		t.Errorf("the drawing has %d arrows", arrows)
	}
}
