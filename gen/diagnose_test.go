package gen_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/doctor"
	"github.com/npgen/npgen/gen/kubectl"
	"github.com/npgen/npgen/gen/load"
)

const wantFile = "want"

// diagnosed returns what is found in a folder that has answers, and a package or none; and that as it is printed.
func diagnosed(t *testing.T, dir string) (*gen.Diagnosed, string) {
	t.Helper()
	c, err := kubectl.Recorded(kubectl.Program{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	if _, err := os.Stat(filepath.Join(dir, "policy.cue")); !errors.Is(err, fs.ErrNotExist) {
		args = []string{"."}
	}
	found, err := gen.Diagnose(load.Env{Dir: dir}, args, c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (answer.Doctor{Diagnosis: found.Diagnosis}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	if err := found.Findings.Write(&b, diag.Text, diag.Options{}); err != nil {
		t.Fatal(err)
	}
	return found, b.String()
}

// TestDoctor holds what is found in recorded answers to what each file asks for in its first line, and to how it is
// printed: each engine and each way of DNS that is known, and a package in clusters that fit it and that do not.
func TestDoctor(t *testing.T) {
	files, err := filepath.Glob("testdata/doctor/*.txtar")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var want []byte
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
				if f.Name == wantFile {
					want = f.Data
					return true
				}
				writeExample(t, dir, f)
				return false
			})
			found, got := diagnosed(t, dir)
			asked, _, _ := strings.Cut(string(archive.Comment), "\n")
			key, value, _ := strings.Cut(asked, ":")
			holdsDiagnosis(t, key, strings.TrimSpace(value), found)
			if diff := cmp.Diff(string(want), got); diff != "" && !*update {
				t.Errorf("(-want +npgen)\n%s", diff)
			}
			if *update {
				archive.Files = append(archive.Files, txtar.File{Name: wantFile, Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func holdsDiagnosis(t *testing.T, key, want string, found *gen.Diagnosed) {
	t.Helper()
	got := ""
	switch key {
	case "want":
		got = "none"
		if x := found.Engine(); x != nil {
			got = x.Name + ", " + string(x.Enforces)
		}
		if isError := found.Findings.Count(diag.Error) > 0; isError != strings.HasSuffix(want, ", no") {
			t.Errorf("errors: %v", found.Findings)
		}
	case "dns":
		got = found.DNS.Field
	case "findings":
		var rules []string
		for _, d := range found.Findings.Sorted() {
			rules = append(rules, d.Rule)
		}
		slices.Sort(rules)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		got, want = strings.Join(rules, " "), strings.Join(wanted, " ")
	default:
		t.Fatalf("it asks for `%s`", key)
	}
	if got != want {
		t.Errorf("it is %q and not %q", got, want)
	}
}

// TestDoctorWithoutRights takes each right away, and each answer.
func TestDoctorWithoutRights(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/doctor/package_fits.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	_, whole := "", ""
	{
		dir := t.TempDir()
		for _, f := range archive.Files {
			writeExample(t, dir, f)
		}
		_, whole = diagnosed(t, dir)
	}
	lost := 0
	for _, missing := range archive.Files {
		name, isAnswer := strings.CutSuffix(missing.Name, ".json")
		if !isAnswer {
			continue
		}
		dir := t.TempDir()
		for _, f := range archive.Files {
			if f.Name != missing.Name {
				writeExample(t, dir, f)
			}
		}
		writeExample(t, dir, txtar.File{Name: name + ".none", Data: []byte("not allowed\nError from server (Forbidden): " + name + " is forbidden\n")})
		found, got := diagnosed(t, dir)
		if !slices.ContainsFunc(found.Unknown, func(u doctor.Unknown) bool { return u.Why == kubectl.Forbidden }) {
			t.Errorf("without `%s` nothing is said to be unknown", name)
		}
		if found.Findings.Count(diag.Error) > 0 {
			t.Errorf("without `%s` there is an error: %v", name, found.Findings)
		}
		lost++
		out.WriteString("-- without " + name + " --\n" + changed(whole, got))
	}
	if lost < 20 {
		t.Errorf("only %d answers were taken away", lost)
	}
	const file = "testdata/doctor/rights.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +npgen)\n%s", diff)
	}
}

// changed returns the lines that one text has and not the other, with a mark before each.
func changed(before, after string) string {
	var out strings.Builder
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			out.WriteString("- " + line + "\n")
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			out.WriteString("+ " + line + "\n")
		}
	}
	return out.String()
}
