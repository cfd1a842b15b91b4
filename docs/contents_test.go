package docs_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/schema"
)

// quoted compares a block with the definition of the schema that starts with the same line.
func (r *runner) quoted(b *block) {
	head, _, _ := strings.Cut(b.text, "\n")
	for _, name := range []string{"policy.cue", "dns.cue", "cni.cue"} {
		data, err := schema.Files.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		if _, rest, found := strings.Cut(string(data), "\n"+head+"\n"); found {
			body, _, _ := strings.Cut(rest, "\n}\n")
			r.expect(b, head+"\n"+body+"\n}\n")
			return
		}
	}
	r.errorf(b, "the schema has no `%s`", head)
}

// tables maps the definitions of the schema to the first cell of the table in language.md that has their fields.
var tables = map[string]string{
	"#Policy": "Field", "#Namespace": "Namespace field", "#Workload": "Workload field", "#External": "External field",
	"#Edge": "Edge field", "#DNS": "DNS field", "#Cluster": "Cluster field", "#Output": "Output field", "#Tests": "Tests field",
}

// The tables of the language have the fields of the schema, and no others.
func TestFields(t *testing.T) {
	data, err := os.ReadFile("language.md")
	if err != nil {
		t.Fatal(err)
	}
	for definition, fields := range schemaFields(t) {
		title, ok := tables[definition]
		if !ok {
			continue
		}
		got := tableNames(string(data), title)
		slices.Sort(fields)
		if diff := cmp.Diff(fields, got); diff != "" {
			t.Errorf("the table `%s` of language.md is not %s (-schema +page):\n%s", title, definition, diff)
		}
	}
}

// schemaFields returns the fields of each definition in the schema.
func schemaFields(t *testing.T) map[string][]string {
	t.Helper()
	data, err := schema.Files.ReadFile("policy.cue")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile("policy.cue", data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.Field)
		if !ok {
			continue
		}
		value := f.Value
		if either, ok := value.(*ast.BinaryExpr); ok {
			value = either.Y // #Edge: a string or a struct
		}
		s, ok := value.(*ast.StructLit)
		if !ok {
			continue
		}
		for _, elt := range s.Elts {
			if field, ok := elt.(*ast.Field); ok {
				name, _, _ := ast.LabelName(field.Label)
				key, _, _ := ast.LabelName(f.Label)
				out[key] = append(out[key], name)
			}
		}
	}
	return out
}

// tableNames returns the names in the first column of a table, sorted.
func tableNames(page, title string) []string {
	_, rest, found := strings.Cut(page, "\n| "+title+" |")
	if !found {
		return nil
	}
	var out []string
	name := regexp.MustCompile("^\\| `([A-Za-z]+)` \\|")
	for i, line := range strings.Split(rest, "\n")[2:] {
		m := name.FindStringSubmatch(line)
		if m == nil {
			if i == 0 || strings.HasPrefix(line, "|") {
				return []string{"not a row: " + line}
			}
			break
		}
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// Links to files and headings lead somewhere.
func TestLinks(t *testing.T) {
	for _, path := range pages(t) {
		p := readPage(t, path)
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link `%s` leads nowhere", path, m[1])
				continue
			}
			if fragment != "" && !slices.Contains(readPage(t, file).anchors(), fragment) {
				t.Errorf("%s: the link `%s` names no heading", path, m[1])
			}
		}
	}
}

// outside returns the page without its blocks.
func (p *page) outside() string {
	var out []string
	next := 0
	for _, b := range p.blocks {
		out = append(out, p.lines[next:b.first]...)
		next = b.end
	}
	return strings.Join(append(out, p.lines[next:]...), "\n")
}

// prose returns the page without its blocks and code spans.
func (p *page) prose() string {
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(p.outside(), "")
}

// anchors returns the fragments of the page's headings as GitHub makes them.
func (p *page) anchors() []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(p.outside(), -1) {
		s := strings.ToLower(strings.ReplaceAll(m[1], " ", "-"))
		out = append(out, regexp.MustCompile(`[^a-z0-9_-]`).ReplaceAllString(s, ""))
	}
	return out
}

// What the README says is not there yet is not there.
func TestStatus(t *testing.T) {
	_, status, found := strings.Cut(readPage(t, "../README.md").outside(), "\nNot there yet: ")
	if !found {
		return
	}
	status, _, _ = strings.Cut(status, ". ")
	commands := npgenCommands(t)
	for _, m := range regexp.MustCompile("`npgen ([a-z]+)( --[a-z]+)?`").FindAllStringSubmatch(status, -1) {
		command, flag := m[1], strings.TrimSpace(m[2])
		there := slices.Contains(commands, command)
		if there && flag != "" {
			there = strings.Contains(help(t, command), flag)
		}
		if there {
			t.Errorf("README.md says that `%s` is not there yet, and it is", strings.Trim(m[0], "`"))
		}
	}
}

// CONTRIBUTING.md has a line for each direct dependency of the module, and for no other.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, path := range strings.Fields(string(out)) {
		want[path] = true
	}
	data, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+\\.[^`]+/[^`]+)` \\|").FindAllStringSubmatch(string(data), -1) {
		got[m[1]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("the dependencies of CONTRIBUTING.md are not those of go.mod (-go.mod +page):\n%s", diff)
	}
}
