package gen_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/ignore"
	"github.com/npgen/npgen/gen/kubectl"
	"github.com/npgen/npgen/gen/load"
)

const rulesPage = "../docs/rules.md"

// ruleSection is a section of docs/rules.md.
type ruleSection struct {
	rule string
	// severities are those that the section says its findings have; that of its example comes first.
	severities []string
	blocks     []ruleBlock
}

// ruleBlock is a fenced block of a section: an example, or the findings of the one before it.
type ruleBlock struct {
	info, text string
	// line is where its text starts in the page, from 1.
	line int
}

var severityLine = regexp.MustCompile(`^\*((?:error|warning|info)(?:, (?:error|warning|info))*)\*`)

func ruleSections(t *testing.T, page string) []*ruleSection {
	t.Helper()
	var out []*ruleSection
	var open *ruleBlock
	for i, line := range strings.Split(page, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case open != nil && fence:
			out[len(out)-1].blocks = append(out[len(out)-1].blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case fence && len(out) == 0:
			t.Fatalf("%s:%d: a block outside of the sections", rulesPage, i+1)
		case fence:
			open = &ruleBlock{info: info, line: i + 2}
		case strings.HasPrefix(line, "## "):
			out = append(out, &ruleSection{rule: line[3:]})
		case severityLine.MatchString(line) && out[len(out)-1].severities == nil:
			out[len(out)-1].severities = strings.Split(severityLine.FindStringSubmatch(line)[1], ", ")
		}
	}
	return out
}

// TestRules holds docs/rules.md to the rules: a section for each, whose bad examples have the findings that it shows
// and whose good examples have none of the rule.
func TestRules(t *testing.T) {
	page, err := os.ReadFile(rulesPage)
	if err != nil {
		t.Fatal(err)
	}
	sections := ruleSections(t, string(page))
	var want, got []string
	for _, r := range diag.Rules() {
		want = append(want, r.ID)
	}
	for _, s := range sections {
		got = append(got, s.rule)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-rules +page):\n%s", diff)
	}
	shown := map[int]string{} // the findings of examples, by the line at which the page shows them
	for _, s := range sections {
		t.Run(s.rule, func(t *testing.T) { s.check(t, shown) })
	}
	if *update {
		rewriteRules(t, string(page), shown)
	}
}

func (s *ruleSection) check(t *testing.T, shown map[int]string) {
	if s.severities == nil {
		t.Error("the section does not say its severities")
	}
	bad, good, severities := 0, 0, map[string]bool{}
	for i, b := range s.blocks {
		lang, kind, _ := strings.Cut(b.info, " ")
		switch {
		case kind == "good":
			good++
			for _, d := range example(t, lang, b) {
				if d.Severity == diag.Error || d.Rule == s.rule {
					t.Errorf("%s:%d: a good example has the finding %s", rulesPage, b.line, d)
				}
			}
		case kind == "bad" && i+1 < len(s.blocks) && s.blocks[i+1].info == "text":
			severities[s.checkBad(t, lang, b, s.blocks[i+1], shown)] = true
			bad++
		case b.info != "text":
			t.Errorf("%s:%d: a block `%s`, or an example without its findings", rulesPage, b.line, b.info)
		}
	}
	if bad == 0 || good == 0 {
		t.Error("the section needs a bad and a good example")
	}
	for _, severity := range s.severities {
		if !severities[severity] {
			t.Errorf("no bad example has an %s", severity)
		}
	}
}

// checkBad holds a bad example to its findings, and returns the severity of the first that is of the rule.
func (s *ruleSection) checkBad(t *testing.T, lang string, b, findings ruleBlock, shown map[int]string) (severity string) {
	t.Helper()
	list := example(t, lang, b)
	for _, d := range list {
		if d.Rule != s.rule || !d.Pos.IsValid() && !strings.HasPrefix(lang, "txtar") {
			continue
		}
		if !slices.Contains(s.severities, d.Severity.String()) {
			t.Errorf("%s:%d: the section does not say that there is an %s", rulesPage, b.line, d.Severity)
		}
		if severity == "" {
			severity = d.Severity.String()
		}
	}
	if severity == "" {
		t.Errorf("%s:%d: a bad example has no finding of its rule", rulesPage, b.line)
	}
	for _, d := range list {
		if d.Pos.Line > 0 && !slices.Contains([]string{".cue", ".yaml"}, filepath.Ext(d.Pos.File)) {
			t.Errorf("%s:%d: the finding %s is not in a file of the example", rulesPage, b.line, d)
		}
	}
	var out bytes.Buffer
	if err := list.Write(&out, diag.Text, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	shown[findings.line] = out.String()
	if diff := cmp.Diff(findings.text, out.String()); diff != "" && !*update {
		t.Errorf("%s:%d: the findings differ (-page +npgen):\n%s", rulesPage, findings.line, diff)
	}
	return severity
}

// example reviews a block of `yaml`, or runs the package or packages of a block: `cue` is one file, `txtar` several, `sh` makes them. A .cue file at
// the top makes it one package, else each folder is one; the folder `manifests` is compared with them,
// and the folder `cluster` has the answers of a cluster.
func example(t *testing.T, lang string, b ruleBlock) diag.List {
	t.Helper()
	dir := t.TempDir()
	switch lang {
	case "cue":
		writeExample(t, dir, txtar.File{Name: "policy.cue", Data: []byte(b.text)})
	case "yaml":
		writeExample(t, dir, txtar.File{Name: "policies.yaml", Data: []byte(b.text)})
		reviewed, err := gen.Review(load.Env{Dir: dir}, gen.Input{Paths: []string{"policies.yaml"}})
		if err != nil {
			t.Fatal(err)
		}
		return reviewed.Findings
	case "txtar":
		for _, f := range txtar.Parse([]byte(b.text)).Files {
			writeExample(t, dir, f)
		}
	case "sh":
		cmd := exec.Command("sh", "-c", b.text)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s:%d: %v\n%s", rulesPage, b.line, err, out)
		}
	default:
		t.Fatalf("%s:%d: an example in `%s`", rulesPage, b.line, lang)
	}
	env := load.Env{Dir: dir}
	built, err := gen.BuildClusters(env, examplePackages(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(built.Clusters) > 1 {
		return built.Findings.Sorted()
	}
	result, err := built.One()
	if err != nil {
		t.Fatal(err)
	}
	findings := result.Findings
	if _, err := os.Stat(filepath.Join(dir, "manifests")); err == nil {
		compared, err := result.CompareManifests(env, []string{"manifests"})
		if err != nil {
			t.Fatal(err)
		}
		findings = append(findings, compared...)
	}
	if _, err := os.Stat(filepath.Join(dir, "cluster")); err == nil {
		c, err := kubectl.Recorded(kubectl.Program{}, filepath.Join(dir, "cluster"))
		if err != nil {
			t.Fatal(err)
		}
		found, err := gen.Diagnose(env, examplePackages(t, dir), c)
		if err != nil {
			t.Fatal(err)
		}
		findings = found.Findings
	}
	if result.Graph != nil && len(result.Graph.Claims) > 0 && findings.Count(diag.Error) == 0 {
		all, err := gen.Inquire(env, gen.Input{Paths: examplePackages(t, dir)})
		if err != nil {
			t.Fatal(err)
		}
		in := all.Clusters[0]
		claims, err := in.Claims()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			if !c.Holds {
				findings = append(findings, answer.OfClaim(in.Inquiry, c).Finding())
			}
		}
	}
	findings = ignore.Apply(findings, result.Comments, diag.OfPackages|diag.OfManifests|diag.OfComparing|diag.OfTests|diag.OfCluster)
	return slices.DeleteFunc(findings, func(d diag.Diagnostic) bool { return d.Ignored != "" }).Sorted()
}

func writeExample(t *testing.T, dir string, f txtar.File) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f.Data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func examplePackages(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		switch {
		case filepath.Ext(e.Name()) == ".cue":
			return []string{"."}
		case !slices.Contains([]string{"manifests", "cluster", "cue.mod"}, e.Name()):
			out = append(out, e.Name())
		}
	}
	if nested, _ := filepath.Glob(filepath.Join(dir, "*", "*", "*.cue")); len(nested) > 0 {
		return []string{"./..."} // folders in folders
	}
	return out
}

// rewriteRules writes the page with the findings that came out.
func rewriteRules(t *testing.T, page string, shown map[int]string) {
	t.Helper()
	var out strings.Builder
	inside := false
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if text, ok := shown[i+1]; ok {
			out.WriteString(text)
			inside = true
		}
		if inside = inside && line != "```"; inside {
			continue
		}
		fmt.Fprint(&out, line)
		if i < len(lines)-1 {
			fmt.Fprintln(&out)
		}
	}
	if err := os.WriteFile(rulesPage, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
