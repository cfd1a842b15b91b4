package load_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/npgen/npgen/gen/load"
)

// TestLiftedRandom reads random packages both ways.
func TestLiftedRandom(t *testing.T) {
	lifted, used := 0, 0
	const packages = 300
	for seed := range uint64(packages) {
		archive := randomPackage(seed)
		dir := unpack(t, archive)
		paths, fine := sameEitherWay(t, load.Env{Dir: dir}, load.Source{Path: packageFolder(dir)})
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, txtar.Format(archive))
		}
		if lifted += len(paths); fine {
			used++
		}
	}
	t.Logf("%d literals lifted from %d packages, %d of them read without", lifted, packages, used)
	if used < packages/4 {
		t.Errorf("of %d random packages, %d only were read without their literals", packages, used)
	}
}

// FuzzLifted reads any text as a package both ways: files in the form of txtar, or one file.
func FuzzLifted(f *testing.F) {
	for _, file := range filesOf(f, "testdata/lift", ".txtar") {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, folder := range cases(archive) {
			f.Add(txtar.Format(folder))
		}
	}
	for seed := range uint64(50) {
		f.Add(txtar.Format(randomPackage(seed)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("-- --")) {
			return // txtar panics
		}
		archive := txtar.Parse(data)
		if len(archive.Files) == 0 {
			sameEitherWay(t, load.Env{Dir: t.TempDir(), Stdin: bytes.NewReader(data)}, load.Source{Path: "-"})
			return
		}
		kept := &txtar.Archive{}
		for _, file := range archive.Files {
			switch file.Name {
			case "a.cue", "b.cue", "p.cue", "npgen.cue", "sub/a.cue", "sub/p.cue", "pkg/p.cue", "lib/lib.cue", "cue.mod/module.cue", "w.json":
				kept.Files = append(kept.Files, file)
			}
		}
		dir := unpack(t, kept)
		if len(foldersWithCUE(t, dir)) > 0 {
			sameEitherWay(t, load.Env{Dir: dir}, load.Source{Path: packageFolder(dir)})
		}
	})
}

// cases returns the folders of an archive as archives.
func cases(archive *txtar.Archive) []*txtar.Archive {
	var out []*txtar.Archive
	last := ""
	for _, f := range archive.Files {
		folder, name, _ := strings.Cut(f.Name, "/")
		if folder != last {
			out, last = append(out, &txtar.Archive{}), folder
		}
		if name != "lifted" {
			a := out[len(out)-1]
			a.Files = append(a.Files, txtar.File{Name: name, Data: f.Data})
		}
	}
	return out
}

// author writes random packages in which everything that is unified agrees, so that most of them have no finding, and
// what is unified, referred to or left out shows in the result.
type author struct {
	*rand.Rand
	files []strings.Builder
}

func randomPackage(seed uint64) *txtar.Archive {
	a := &author{Rand: rand.New(rand.NewPCG(seed, 0)), files: make([]strings.Builder, 1)}
	a.files = make([]strings.Builder, 1+a.IntN(3))
	a.line("namespace: \"a\"")
	a.line("_std: {dns: true, ports: http: 80}")
	a.line("_edge: \"w0 -> w1\"")
	a.line("_yes: true")
	a.line("workloads: {w0: ports: http: 80, w1: ports: http: 80}")
	for range 1 + a.IntN(6) {
		a.line(a.declaration())
	}
	if a.IntN(2) == 0 {
		a.line(a.link())
	}
	if a.IntN(4) == 0 {
		a.line(a.unusual())
	}
	out := &txtar.Archive{}
	folder := ""
	if len(a.files) > 1 && a.IntN(3) == 0 { // the first file lies in a parent folder
		out.Files = append(out.Files, txtar.File{Name: "cue.mod/module.cue", Data: []byte("module: \"example.com/x\"\nlanguage: version: \"v0.9.0\"\n")})
		folder = "sub/"
	}
	for i := range a.files {
		name := string(rune('a'+i)) + ".cue"
		if i > 0 {
			name = folder + name
		}
		out.Files = append(out.Files, txtar.File{Name: name, Data: []byte("package p\n\n" + a.files[i].String())})
	}
	return out
}

// line writes a line to one of the files.
func (a *author) line(s string) { fmt.Fprintln(&a.files[a.IntN(len(a.files))], s) }

func (a *author) one(of ...string) string { return of[a.IntN(len(of))] }

// name returns the name of a workload, one of a few, so that many are declared more than once.
func (a *author) name() string {
	name := fmt.Sprintf("w%d", 2+a.IntN(12))
	if a.IntN(6) == 0 {
		return `"` + name + `"`
	}
	return name
}

// declaration returns one of the fields that are lifted.
func (a *author) declaration() string {
	switch a.IntN(7) {
	case 0:
		return "workloads: " + a.name() + ": " + a.workload()
	case 1:
		return "allow: " + a.topic()
	case 2:
		return "allow: {" + a.topic() + ", " + a.topic() + "}"
	case 3:
		return "groups: " + a.one("g", "h", "i") + `: ["w0", "w1"]`
	case 4:
		return fmt.Sprintf(`external: x%d: cidrs: ["203.0.113.0/24"]`, a.IntN(5))
	}
	var entries []string
	for range a.IntN(5) {
		entries = append(entries, a.name()+": "+a.workload())
	}
	if a.IntN(8) == 0 {
		entries = append(entries, a.one("_h: dns: true", "#d: 1", "{w9: dns: true}", "[string]: dns: true", "if _yes {w8: dns: true}",
			"for n in [\"w3\"] {(n): dns: true}", "let l = 80, w7: ports: http: l", "w6?: dns: true", "...", "X=w5: dns: true, w4: X"))
	}
	a.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	return "workloads: {" + strings.Join(entries, ", ") + "}"
}

// topic returns a named list: always the same edges, in many spellings.
func (a *author) topic() string {
	edge := func() string {
		return a.one(`"w0 -> w1"`, `"w0 -> w1"`, `"w0 -> w1"`, `_edge`, `"\(_edge)"`, `("w0 -> w1")`, `"w0" + " -> w1"`, `"w0 \u002d> w1"`, `if _yes {_edge}`)
	}
	edges := []string{edge(), edge(), edge()}
	list := "[" + strings.Join(edges[:1+a.IntN(3)], ", ") + "]"
	name := fmt.Sprintf("%s%d", a.one("t", "r"), strings.Count(list, ",")) // lists of one length are equal
	return name + ": " + list
}

// workload returns a workload: any of a few things that agree with each other.
func (a *author) workload() string {
	switch a.IntN(12) {
	case 0:
		return "_std"
	case 1:
		return "{_std, isolate: \"egress\"}"
	case 2:
		return fmt.Sprintf("w%d", a.IntN(12))
	case 3:
		return fmt.Sprintf("{dns: true, ports: workloads.w%d.ports}", a.IntN(2))
	case 4:
		return "{dns: _yes}"
	case 5:
		return "{ports: {http: 80, sql: int, sql: 5432}}"
	}
	var fields []string
	for _, f := range []string{"dns: true", `isolate: "egress"`, "ports: http: 80", "ports: {http: 80, sql: 5432}", `labels: {app: "x", tier: "y"}`, `knownLabels: zone: "z"`} {
		if a.IntN(3) == 0 && (!strings.HasPrefix(f, "ports") || !strings.Contains(strings.Join(fields, ","), "ports")) {
			fields = append(fields, f)
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// link returns something that refers to what may be lifted, or that only looks like it.
func (a *author) link() string {
	n := a.IntN(100)
	return fmt.Sprintf(a.one(
		"_x%d: len(workloads)", "_x%d: workloads", "_x%d: allow", "_x%d: [for w, x in workloads if x.dns != _|_ {w}]",
		"_x%d: workloads.w3", "_x%d: {workloads: w2: 1, allow: 2}", "_x%d: \"\\(len(groups))\"",
		"groups: made%d: [for w, _ in workloads {w}]", "workloads: w%d: dns: len(workloads) > 3",
		"allow: made%d: [for w, x in workloads if x.ports != _|_ {\"w0 -> \\(w)\"}]", "let y%[1]d = allow\n_z%[1]d: y%[1]d",
		"tests: peers: q%d: labels: app: \"\\(len(allow))\"",
	), n)
}

// unusual returns something that adds to what may be lifted, from the top of the package or from inside.
func (a *author) unusual() string {
	return a.one(
		"workloads: [string]: dns: true", "[=~\"^work\"]: [string]: dns: true", "workloads: {for n in [\"w2\", \"w3\"] {(n): dns: true}}",
		"if _yes {workloads: w2: dns: true}", "for n in [\"w3\"] {workloads: (n): dns: true}", "{workloads: w4: dns: true}",
		"#D: {workloads: w5: dns: true, ...}\n#D", "_d: workloads: w6: dns: true\n_d", "(\"work\" + \"loads\"): w7: dns: true",
		"\"work\\u006coads\": w8: dns: true", "X=workloads: {w9: dns: true}", "workloads: X={w10: dns: true, w11: X.w10}",
		"workloads?: w2: dns: true", "workloads: w3: {dns: true @foo(x)}", "workloads: {w4: {}, ...}", "...", "allow: {[string]: [...string]}",
		"workloads: {_p: dns: true, w5: _p}", "workloads: {w6: {}} & {w7: dns: true}", "workloads: (\"w8\"): dns: true", "workloads: *{w9: dns: true} | {}",
		"workloads: _w\n_w: w10: dns: true",
	)
}
