package load_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/internal/findingtest"
	"github.com/npgen/npgen/gen/load"
)

// TestNotText holds files that no txtar file can: bytes that are no text, and a lot of them.
func TestNotText(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"invalid byte":      {head + "x: \"\xff\"\n", "p.cue:4:5: error: the file is not UTF-8 text: byte 0xff [not-text]"},
		"cut rune":          {head + "// \xe2\x82", "p.cue:4:4: error: the file is not UTF-8 text: byte 0xe2 [not-text]"},
		"surrogate":         {head + "// \xed\xa0\x80\n", "p.cue:4:4: error: the file is not UTF-8 text: byte 0xed [not-text]"},
		"zero byte":         {head + "x: \"\x00\"\n", "p.cue:4:5: error: the file is not UTF-8 text: byte 0x00 [not-text]"},
		"Latin-1":           {head + "// Gr\xfc\xdfe\n", "p.cue:4:6: error: the file is not UTF-8 text: byte 0xfc [not-text]"},
		"UTF-16":            {"\xff\xfep\x00a\x00", "p.cue:1:1: error: the file is not UTF-8 text: byte 0xff [not-text]"},
		"ELF":               {"\x7fELF\x02\x01\x01\x00\x00", "p.cue:1:8: error: the file is not UTF-8 text: byte 0x00 [not-text]"},
		"gzip":              {"\x1f\x8b\x08\x00\x00", "p.cue:1:2: error: the file is not UTF-8 text: byte 0x8b [not-text]"},
		"PNG":               {"\x89PNG\r\n\x1a\n", "p.cue:1:1: error: the file is not UTF-8 text: byte 0x89 [not-text]"},
		"control bytes":     {head + "x: \x01\n", "p.cue:4:4: error: illegal character U+0001 [cue-syntax]"},
		"many such":         {head + strings.Repeat("\x01\n", 500), "p.cue:4:1: error: illegal character U+0001, and 100 more such faults [cue-syntax]"},
		"byte order mark":   {"\ufeff" + head, ""},
		"line ends of DOS":  {strings.ReplaceAll(head+"workloads: api: {port: 1}\n", "\n", "\r\n"), "p.cue:4:18: error: the workload `api` has no field `port` [unknown-field]"},
		"10 MB of comments": {head + strings.Repeat("// nothing\n", 1_000_000), "p.cue:1:1: error: the file has more than 8 MiB [too-large]"},
		"10 MB of zeros":    {strings.Repeat("\x00", 10_000_000), "p.cue:1:1: error: the file has more than 8 MiB [too-large]"},
		"10 MB of edges":    {head + "allow: [" + strings.Repeat(`"a -> b:80",`, 900_000) + "]", "p.cue:1:1: error: the file has more than 8 MiB [too-large]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, findingtest.Findings(t, []txtar.File{{Name: "p.cue", Data: []byte(c.src)}}), c.want)
		})
	}
}

// TestOneOfSeveral holds that a file which cannot be read leaves the faults of the others out, but not its own kind.
func TestOneOfSeveral(t *testing.T) {
	same(t, findingtest.Findings(t, []txtar.File{
		{Name: "a.cue", Data: []byte("package p\n\nx: \"\xff\"\n")},
		{Name: "b.cue", Data: []byte("package p\n\nx: " + strings.Repeat("[", 300) + "\n")},
		{Name: "c.cue", Data: []byte("package p\n\nwurkloads: {}\n")},
	}), "a.cue:3:5: error: the file is not UTF-8 text: byte 0xff [not-text]\nb.cue:3:260: error: the file nests deeper than 256 levels [too-deep]")
}

// TestImported holds that a file which a package imports is refused like its own.
func TestImported(t *testing.T) {
	same(t, findingtest.Findings(t, []txtar.File{
		{Name: "cue.mod/module.cue", Data: []byte("module: \"example.com/x\"\nlanguage: version: \"v0.9.0\"\n")},
		{Name: "p.cue", Data: []byte("package p\n\nimport \"example.com/x/lib\"\n\nnamespace: lib.x\n")},
		{Name: "lib/lib.cue", Data: []byte("package lib\n\nx: " + strings.Repeat("[", 300) + "\n")},
	}), "lib/lib.cue:3:260: error: the file nests deeper than 256 levels [too-deep]")
}

// TestStdin holds the name of standard input in findings, with and without a package clause.
func TestStdin(t *testing.T) {
	for src, want := range map[string]string{
		"package p\n\nnamespace: 5\n":           "-:3:12: error: `namespace` must be a string, not `5` [wrong-type]",
		"namespace: 5\n":                        "-:1:12: error: `namespace` must be a string, not `5` [wrong-type]",
		"namespace: \"a\n":                      "-:1:12: error: string literal not terminated [cue-syntax]",
		"x: \"\xff\"":                           "-:1:5: error: the file is not UTF-8 text: byte 0xff [not-text]",
		"namespaces: a: {}\n":                   "-: error: the package has no name for the label npgen.dev/package [missing-field]",
		"":                                      "-: error: the package sets no field of the policy language [empty-package]",
		strings.Repeat("// nothing\n", 800_000): "-:1:1: error: the file has more than 8 MiB [too-large]",
	} {
		same(t, findingtest.Build(t, load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(src)}, "-"), want)
	}
}

// TestPlaces holds how files are named: as the user would, from the working folder.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	write := func(name, src string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("teams/pay/p.cue", "package p\n\nnamespace: 5\n")
	write("teams/lib/lib.cue", "package lib\n\n#X: 1\n")
	write("teams/pay/testdata/x.cue", "nothing to read")
	write("data/x.cue", "x: 1\n")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	const wrong = "teams/pay/p.cue:3:12: error: `namespace` must be a string, not `5` [wrong-type]"
	const leftOut = "data/x.cue:1:1: warning: the file has no package clause, so it is not part of the package [left-out-file]"
	for args, want := range map[string]string{
		"teams/pay":           wrong,
		"./teams/pay/":        wrong,
		"teams/pay/p.cue":     wrong,
		"./...":               leftOut + "\n" + wrong,
		"data/...":            "error: no policy package found: no folder sets a field of the policy language [empty-package]\n" + leftOut,
		"data":                strings.Replace(leftOut, "warning", "error", 1),
		"teams/... ./...":     leftOut + "\n" + wrong,
		"teams/lib":           "teams/lib: error: the package sets no field of the policy language [empty-package]",
		"teams/lib/...":       "error: no policy package found: no folder sets a field of the policy language [empty-package]",
		"empty":               "empty: error: the folder has no CUE files [empty-package]",
		"empty/...":           "error: no policy package found: no folder has CUE files [empty-package]",
		"teams/pay teams/pay": wrong,
	} {
		same(t, findingtest.Build(t, load.Env{Dir: dir}, strings.Fields(args)...), want)
	}
}

// same compares findings, without their help, with lines.
func same(t *testing.T, findings diag.List, want string) {
	t.Helper()
	var got []string
	for _, d := range findings.Sorted() {
		got = append(got, d.String())
	}
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("findings:\n%s\nwanted:\n%s", got, want)
	}
}
