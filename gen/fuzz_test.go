package gen_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

// FuzzPackage builds arbitrary bytes as a package: whatever they are, the build ends with policies, or with
// findings that say where in the bytes they are. The fuzzing engine reports an input that hangs.
func FuzzPackage(f *testing.F) {
	for _, data := range packageSeeds(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := gen.Build(load.Env{Dir: t.TempDir(), Stdin: bytes.NewReader(data)}, []string{"-"})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range result.Findings {
			checkFinding(t, d, data)
		}
		if result.Findings.Count(diag.Error) > 0 {
			if len(result.Policies) > 0 {
				t.Error("policies in spite of an error")
			}
			return
		}
		checkBuild(t, result)
	})
}

// packageSeeds returns every CUE file of the goldens, the examples and the tables of findings.
func packageSeeds(f *testing.F) [][]byte {
	var out [][]byte
	for _, root := range []string{"../testdata", "../examples", "../cmd", "."} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".cue" && filepath.Ext(path) != ".txtar" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if filepath.Ext(path) == ".cue" {
				out = append(out, data)
				return nil
			}
			for _, file := range txtar.Parse(data).Files {
				if filepath.Ext(file.Name) == ".cue" {
					out = append(out, file.Data)
				}
			}
			return nil
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	return out
}

// checkFinding holds a finding to: a known rule, a message of one line, and a place in the source.
func checkFinding(t *testing.T, d diag.Diagnostic, source []byte) {
	t.Helper()
	if _, known := diag.RuleOf(d.Rule); !known {
		t.Errorf("no such rule: %s", d)
	}
	if d.Message == "" || strings.HasSuffix(d.Message, ".") && d.Rule != diag.CUESyntax && !strings.HasSuffix(d.Message, "...") || strings.Contains(d.Message, "evaluator failed") {
		t.Errorf("message: %s", d)
	}
	for _, p := range append([]diag.Pos{d.Pos}, places(d.Related)...) {
		if p.File != "-" {
			t.Errorf("in the file %q: %s", p.File, d)
		}
		lines := strings.Split(string(source), "\n")
		// CUE places what is missing at the end of a file behind its last line end.
		if p.Line < 0 || p.Line > len(lines) || p.Line > 0 && p.Col > len(lines[p.Line-1])+2 {
			t.Errorf("not in the source: %s", d)
		}
	}
	// What is missing has no line, nor have the fields of a default of the schema that a package embeds.
	if d.Severity == diag.Error && d.Pos.Line == 0 && !slices.Contains([]string{diag.EmptyPackage, diag.MissingField, diag.UnknownField}, d.Rule) {
		t.Errorf("without a line: %s", d)
	}
}

func places(related []diag.Related) []diag.Pos {
	var out []diag.Pos
	for _, r := range related {
		out = append(out, r.Pos)
	}
	return out
}

// checkBuild holds a build without errors to what every build keeps, to the proof, and to the folder that the command
// would write.
func checkBuild(t *testing.T, result *gen.Result) {
	t.Helper()
	checkNames(t, result.Policies)
	for i := range result.Policies {
		checkObject(t, &result.Policies[i], result.PackageNames())
	}
	checkOrder(t, result.Policies)
	stream, err := result.Stream()
	if err != nil {
		t.Fatal(err)
	}
	proof, err := result.Prove(stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range proof.Differences {
		t.Errorf("the proof fails: %s", d)
	}
	files, err := result.Files(result.Head(load.Env{Dir: t.TempDir()}, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if strings.ContainsFunc(string(content), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Errorf("%s holds what cannot be printed: %q", name, content)
		}
	}
	if !t.Failed() {
		return
	}
	t.Logf("%s", stream)
}
