// Package docs_test runs every block of the project's pages, and holds the pages to what the code has: fields, flags,
// links, dependencies. `go test ./docs -update` writes the outputs in the pages anew.
//
// What a block is, its info string says:
//
//	cue               a package that builds. A text block right after it has its findings, else there must be none
//	cue fails         a package with error findings
//	cue base          a package that the fragments of the page add to
//	cue fragment      fields of the package `base`; their findings are shown without positions
//	cue schema        a definition of the embedded schema, word for word
//	cue FILE, json FILE, yaml FILE
//	                  a file in the folder of its section; each heading starts a section with an empty folder
//	yaml              the whole output of the package above, in the same section
//	yaml NAME..       the objects of these names (NAME or NAMESPACE/NAME)
//	yaml spec NAME..  only the spec of them
//	text              findings
//	console           commands after `$ ` and what they print, run in the folder of the section. `...` alone on a line
//	                  stands for any lines. `$ echo $?` must follow a command that fails
//	console tools
//	                  the same with programs that not every machine has; run with -tools, which e2e/docs gives
//	sh repo           commands for the root of this repository
//	sh cluster        commands that need a cluster; only their programs are looked at
//	sh release        the same of commands that need a published release
//	ebnf              the grammar of an edge; random sentences of it must parse
//	mermaid           a flow chart
//	mermaid npgen graph ARGUMENT..
//	                  the picture that this command draws in the folder of the section
//	mermaid repo npgen graph ARGUMENT..
//	                  the same in the root of the repository
//
// Anything else fails.
package docs_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	update = flag.Bool("update", false, "write the outputs in the pages anew")
	tools  = flag.Bool("tools", false, "also run the blocks that need pre-commit, kustomize or kubectl; these stand in PATH")
)

// npgen is the folder that has the program; it stands first in the PATH of the blocks.
var npgen string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "npgen-docs-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		npgen = dir
		touchSources()
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "npgen"), "./cmd/npgen")
		build.Dir = ".."
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// touchSources looks at the sources of the program, so that `go test` knows a result to be stale when they change: the
// program is built by a child process, which it does not see.
func touchSources() {
	for _, root := range []string{"../cmd", "../gen", "../schema", "../go.mod"} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
				_, _ = os.Stat(path)
			}
			return nil
		})
	}
}

func TestBlocks(t *testing.T) {
	for _, path := range pages(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			p := readPage(t, path)
			r := &runner{t: t, page: p, texts: map[*block]string{}}
			for _, b := range p.blocks {
				r.run(b)
			}
			if *update && len(r.texts) > 0 {
				p.rewrite(t, r.texts)
			}
		})
	}
}

// runner runs the blocks of one page in order.
type runner struct {
	t    *testing.T
	page *page
	// base is the text of the package that fragments add to.
	base string
	// folder is that of the section.
	folder  string
	section int
	// built is the last cue block that was built; seen says that its findings were shown or that it has none.
	built *built
	// status is the exit status of the last command of a console block.
	status int
	texts  map[*block]string
}

// built is what npgen said of a package.
type built struct {
	*block
	stdout, stderr string
	status         int
}

func (r *runner) errorf(b *block, format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s:%d: "+format, append([]any{r.page.path, b.first}, args...)...)
}

// expect compares the text of a block with what came out, or notes it for the update.
func (r *runner) expect(b *block, got string) {
	r.t.Helper()
	switch {
	case b.text == got || matchesElided(b.text, got):
	case *update && !hasElision(b.text):
		r.texts[b] = got
	default:
		r.errorf(b, "differs (-page +npgen):\n%s", cmp.Diff(b.text, got))
	}
}

func (r *runner) run(b *block) {
	if b.section != r.section || r.folder == "" {
		r.section, r.folder, r.built = b.section, r.t.TempDir(), nil
	}
	switch {
	case b.lang == "cue" && b.has("schema"):
		r.quoted(b)
	case (b.lang == "cue" || b.lang == "json" || b.lang == "yaml") && b.file() != "":
		r.write(b, filepath.Join(r.folder, b.file()), b.text)
	case b.lang == "cue":
		r.cue(b)
	case b.lang == "yaml":
		r.output(b)
	case b.lang == "text":
		r.findings(b)
	case b.lang == "console" && b.has("tools") && !*tools:
		r.needsTools(b)
	case b.lang == "console":
		r.console(b)
	case b.lang == "sh" && b.has("repo"):
		r.repository(b)
	case b.lang == "sh" && b.has("cluster"):
		r.only(b, "kubectl", "kustomize")
	case b.lang == "sh" && b.has("release"):
		r.only(b, "sha256sum", "cosign", "gh")
	case b.lang == "ebnf":
		r.grammar(b)
	case b.lang == "mermaid":
		r.mermaid(b)
	default:
		r.errorf(b, "no test knows blocks of `%s %s`", b.lang, strings.Join(b.words, " "))
	}
}

func (r *runner) write(b *block, path, text string) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// cue builds a package in a folder of its own.
func (r *runner) cue(b *block) {
	dir := r.t.TempDir()
	text := b.text
	switch {
	case b.has("base"):
		r.base = b.text
	case b.has("fragment"):
		r.write(b, filepath.Join(dir, "base.cue"), r.base)
		text = "package policy\n" + text
	}
	r.write(b, filepath.Join(dir, "policy.cue"), text)
	r.built = r.npgen(b, dir)
	if want := map[bool]int{false: 0, true: 1}[b.has("fails")]; r.built.status != want {
		r.errorf(b, "exit status %d, want %d:\n%s", r.built.status, want, r.built.stderr)
	}
	if !r.next(b, "text") && r.built.stderr != "" {
		r.errorf(b, "findings, and no text block right after the package shows them:\n%s", r.built.stderr)
	}
}

// next reports whether a block of a language stands right after the block.
func (r *runner) next(b *block, lang string) bool {
	for i, x := range r.page.blocks {
		if x == b && i+1 < len(r.page.blocks) {
			n := r.page.blocks[i+1]
			return n.adjacent && n.lang == lang
		}
	}
	return false
}

var position = regexp.MustCompile(`(policy|base)\.cue:[0-9]+:[0-9]+: `)

func (r *runner) npgen(b *block, dir string) *built {
	cmd := exec.Command(filepath.Join(npgen, "npgen"), "build", "--quiet", ".")
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	out := &built{block: b, stdout: stdout.String(), stderr: stderr.String(), status: cmd.ProcessState.ExitCode()}
	if b.has("fragment") {
		out.stderr = position.ReplaceAllString(out.stderr, "")
	}
	return out
}

// output compares the output of the package above.
func (r *runner) output(b *block) {
	if r.built == nil {
		r.errorf(b, "a yaml block, and no package above it in its section")
		return
	}
	names := slices.DeleteFunc(slices.Clone(b.words), func(w string) bool { return w == "spec" })
	if len(names) == 0 {
		r.expect(b, r.built.stdout)
		return
	}
	var objects []string
	for _, name := range names {
		object := objectNamed(r.built.stdout, name)
		if object == "" {
			r.errorf(b, "npgen writes no object `%s`", name)
			return
		}
		if b.has("spec") {
			_, spec, _ := strings.Cut(object, "\nspec:\n")
			object = "# " + name + "\nspec:\n" + spec
		}
		objects = append(objects, object)
	}
	r.expect(b, strings.Join(objects, "---\n"))
}

// objectNamed returns an object of a stream by its name, or its namespace and name.
func objectNamed(stream, name string) string {
	namespace, name, qualified := strings.Cut(name, "/")
	if !qualified {
		namespace, name = "", namespace
	}
	for object := range strings.SplitSeq(stream, "---\n") {
		if strings.Contains(object, "\n  name: "+name+"\n") && (namespace == "" || strings.Contains(object, "\n  namespace: "+namespace+"\n")) {
			return object
		}
	}
	return ""
}

// findings compares the findings of the package above.
func (r *runner) findings(b *block) {
	if r.built == nil || !b.adjacent {
		r.errorf(b, "a text block without a cue block right before it")
		return
	}
	r.expect(b, r.built.stderr)
}
