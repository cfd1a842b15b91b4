package load_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/internal/findingtest"
	"github.com/npgen/npgen/schema"
)

// field returns the value of a field of the schema by its path, such as "#Workload.service"; the struct of a
// disjunction is looked into.
func field(t *testing.T, decls []ast.Decl, path string) ast.Expr {
	t.Helper()
	name, rest, nested := strings.Cut(path, ".")
	for _, d := range decls {
		f, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		label, _, _ := ast.LabelName(f.Label)
		if label == "" {
			label = "*" // a pattern
		}
		if label != name {
			continue
		}
		value := f.Value
		if or, ok := value.(*ast.BinaryExpr); ok {
			if s, ok := or.Y.(*ast.StructLit); ok {
				value = s
			}
		}
		if !nested {
			return value
		}
		return field(t, value.(*ast.StructLit).Elts, rest)
	}
	t.Fatalf("the schema has no %s", path)
	return nil
}

// fields returns the names of the fields of a struct of the schema, sorted.
func fields(s ast.Expr) []string {
	var out []string
	for _, d := range s.(*ast.StructLit).Elts {
		if f, ok := d.(*ast.Field); ok {
			if name, _, err := ast.LabelName(f.Label); err == nil {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// words returns the strings of a disjunction of the schema.
func words(x ast.Expr) []string {
	var out []string
	ast.Walk(x, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			out = append(out, strings.Trim(lit.Value, `"`))
		}
		return true
	}, nil)
	slices.Sort(out)
	return out
}

// inBackticks returns the words of a message that stand in backticks, sorted.
func inBackticks(s string) []string {
	var out []string
	for _, m := range regexp.MustCompile("`([A-Za-z0-9-]+)`").FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

func policySchema(t *testing.T) []ast.Decl {
	t.Helper()
	data, err := schema.Files.ReadFile("policy.cue")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile("policy.cue", data)
	if err != nil {
		t.Fatal(err)
	}
	return file.Decls
}

// TestSchemaAgrees holds the fields and words that npgen knows against those of the schema, which editors see.
func TestSchemaAgrees(t *testing.T) {
	decls := policySchema(t)
	finding := func(rule, src string) diag.Diagnostic {
		t.Helper()
		for _, d := range findingtest.Findings(t, []txtar.File{{Name: "p.cue", Data: []byte("package p\n\n" + src + "\n")}}) {
			if d.Rule == rule {
				return d
			}
		}
		t.Errorf("%s: no finding of %s", src, rule)
		return diag.Diagnostic{}
	}
	const unknown = "unheardOfField"
	for path, src := range map[string]string{
		"#Policy":           "%",
		"#Policy.apiserver": "apiserver: {%}",
		"#Cluster":          "cluster: {%}",
		"#Policy.internet":  "internet: {%}",
		"#Namespace":        "namespaces: x: {%}",
		"#Workload":         "workloads: x: {%}",
		"#Workload.service": "workloads: x: service: {%}",
		"#Expression":       "workloads: x: expressions: [{%}]",
		"#External":         "external: x: {%}",
		"#DNS":              "dns: {%}",
		"#Edge":             "allow: [{%}]",
		"#Tests":            "tests: {%}",
		"#Tests.peers.*":    "tests: peers: x: {%}",
		"#Output":           "output: {%}",
	} {
		help, _, _ := strings.Cut(finding(diag.UnknownField, strings.ReplaceAll(src, "%", unknown+": 1")).Help, ";")
		if diff := cmp.Diff(fields(field(t, decls, path)), inBackticks(help)); diff != "" {
			t.Errorf("fields of %s (-schema +npgen):\n%s", path, diff)
		}
	}
	for path, src := range map[string]string{
		"#Policy.isolate":      "isolate: %",
		"#Policy.deny":         "deny: %",
		"#Isolate":             "workloads: x: isolate: %",
		"#Namespace.deny":      "namespaces: x: deny: %",
		"#Expression.operator": "workloads: x: expressions: [{key: \"a\", operator: %}]",
		"#DNS.profile":         "dns: profile: %",
		"#Cluster.cni":         "cluster: cni: %",
		"#Edge.half":           "allow: [{from: \"a\", to: \"b\", half: %}]",
		"#Output.grouping":     "output: grouping: %",
		"#Output.target":       "output: target: %",
	} {
		message := finding(diag.InvalidValue, strings.ReplaceAll(src, "%", `"?"`)).Message
		_, message, _ = strings.Cut(message, " must be ")
		if diff := cmp.Diff(words(field(t, decls, path)), inBackticks(message)); diff != "" {
			t.Errorf("words of %s (-schema +npgen):\n%s", path, diff)
		}
	}
}

// TestSchemaRefuses holds that plain CUE with the schema refuses what npgen refuses for its fields and types.
func TestSchemaRefuses(t *testing.T) {
	ctx := cuecontext.New()
	data, err := schema.Files.ReadFile("policy.cue")
	if err != nil {
		t.Fatal(err)
	}
	policy := ctx.CompileBytes(data).LookupPath(cue.ParsePath("#Policy"))
	if err := policy.Err(); err != nil {
		t.Fatal(err)
	}
	// What CUE cannot say, or says only to those who ask.
	fine := []string{"unknown-field/hidden and definitions are free", "unknown-field/optional", "unknown-field/import", "wrong-type/dns ports"}
	for _, name := range []string{"unknown-field", "wrong-type"} {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "findings", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			c, file := filepath.Split(f.Name)
			if c = name + "/" + filepath.Clean(c); file != "p.cue" || slices.Contains(fine, c) {
				continue
			}
			if err := policy.Unify(ctx.CompileBytes(f.Data)).Validate(cue.Concrete(true)); err == nil {
				t.Errorf("%s: the schema takes it", c)
			}
		}
	}
}
