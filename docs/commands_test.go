package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// console runs the commands of a block and compares what they print.
func (r *runner) console(b *block) {
	r.t.Helper()
	var got strings.Builder
	r.status = 0
	commands := consoleCommands(b.text)
	if len(commands) == 0 {
		r.errorf(b, "a console block without a `$ ` command")
	}
	for i, command := range commands {
		fmt.Fprintf(&got, "$ %s\n", command)
		before := r.status
		out := r.shell(command)
		got.WriteString(out)
		if out != "" && !strings.HasSuffix(out, "\n") {
			got.WriteString("\n")
		}
		shown := i+1 < len(commands) && commands[i+1] == "echo $?"
		if r.status != 0 && !shown {
			r.errorf(b, "`%s` fails with %d, and no `$ echo $?` shows it:\n%s", command, r.status, out)
		}
		if command == "echo $?" && before == 0 {
			r.errorf(b, "`$ echo $?` after a command that is fine says nothing")
		}
	}
	r.expect(b, got.String())
}

// consoleCommands returns the commands of a block; a line that ends in a backslash goes on in the next.
func consoleCommands(text string) []string {
	var out []string
	continued := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		command, is := strings.CutPrefix(line, "$ ")
		switch {
		case continued:
			out[len(out)-1] += "\n" + line
		case is:
			out = append(out, command)
		default:
			continue
		}
		continued = strings.HasSuffix(line, `\`)
	}
	return out
}

// shell runs one command in the section's folder; $? is the exit status of the one before.
func (r *runner) shell(command string) string {
	cmd := exec.Command("sh", "-c", fmt.Sprintf("(exit %d)\n%s", r.status, command))
	cmd.Dir = r.folder
	cmd.Env = append(os.Environ(), "PATH="+npgen+string(os.PathListSeparator)+os.Getenv("PATH"), "LC_ALL=C", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	r.status = cmd.ProcessState.ExitCode()
	return string(out)
}

// programs returns those that not every machine has, and that blocks may run in the end-to-end tests.
func programs() []string { return []string{"pre-commit", "kustomize", "kubectl"} }

// needsTools looks at a block that this run does not run: it must need to be left out.
func (r *runner) needsTools(b *block) {
	for _, command := range consoleCommands(b.text) {
		for _, word := range strings.Fields(command) {
			if slices.Contains(programs(), word) {
				return
			}
		}
	}
	r.errorf(b, "nothing in it needs a program of %s: write a console block", strings.Join(programs(), ", "))
}

func hasElision(text string) bool {
	return slices.Contains(strings.Split(text, "\n"), "...")
}

// matchesElided reports whether a text with lines `...`, each for any lines, is the other text.
func matchesElided(text, got string) bool {
	if !hasElision(text) {
		return false
	}
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for line := range strings.Lines(text) {
		if line == "...\n" {
			pattern.WriteString(`(?:.*\n)*?`)
		} else {
			pattern.WriteString(regexp.QuoteMeta(line))
		}
	}
	pattern.WriteString(`\z`)
	return regexp.MustCompile(pattern.String()).MatchString(got)
}

// repository looks at commands for the root of the repository. npgen is run; of make and go test only the targets and
// packages are looked up, since this test is one of them.
func (r *runner) repository(b *block) {
	for line := range strings.Lines(b.text) {
		words := strings.Fields(line)
		switch {
		case len(words) > 2 && words[0] == "go" && words[1] == "run":
			r.inRoot(b, words...)
		case len(words) > 2 && words[0] == "go" && (words[1] == "test" || words[1] == "install"):
			r.inRoot(b, "go", "list", words[2])
		case len(words) > 1 && words[0] == "make":
			makefile, err := os.ReadFile("../Makefile")
			if err != nil {
				r.t.Fatal(err)
			}
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(words[1]) + `:`).Match(makefile) {
				r.errorf(b, "the Makefile has no target `%s`", words[1])
			}
		default:
			r.errorf(b, "no test knows how to look at `%s`", strings.TrimSpace(line))
		}
	}
}

func (r *runner) inRoot(b *block, words ...string) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		r.errorf(b, "`%s`: %v\n%s", strings.Join(words, " "), err, out)
	}
}

// only looks at commands that this test cannot run: they are of some programs.
func (r *runner) only(b *block, programs ...string) {
	for line := range strings.Lines(b.text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if !slices.Contains(programs, words[0]) {
			r.errorf(b, "`%s` can be run: write a console block", strings.TrimSpace(line))
		}
	}
}

// mermaid looks at a flow chart as far as that goes without a browser: its kind, and brackets that close. One that names a
// command is what that prints, in the folder of the section or, behind `repo`, in the root of the repository.
func (r *runner) mermaid(b *block) {
	if len(b.words) > 0 {
		r.picture(b)
		return
	}
	if !strings.HasPrefix(b.text, "flowchart ") {
		r.errorf(b, "not a flow chart")
	}
	for line := range strings.Lines(b.text) {
		for _, pair := range []string{"[]", "()", "{}"} {
			if strings.Count(line, pair[:1]) != strings.Count(line, pair[1:]) {
				r.errorf(b, "`%s` does not close in %q", pair[:1], line)
			}
		}
		if strings.Count(line, `"`)%2 != 0 {
			r.errorf(b, "a quote does not close in %q", line)
		}
	}
}

func (r *runner) picture(b *block) {
	words, dir := b.words, r.folder
	if words[0] == "repo" {
		words, dir = words[1:], ".."
	}
	if len(words) < 2 || words[0] != "npgen" || words[1] != "graph" {
		r.errorf(b, "a picture is drawn by `npgen graph`")
		return
	}
	cmd := exec.Command(filepath.Join(npgen, "npgen"), words[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		r.errorf(b, "`%s`: %v", strings.Join(words, " "), err)
	}
	r.expect(b, string(out))
}

// Every flag of every command has its row in commands.md, under the command or under Findings, and no row there is a
// fancy.
func TestFlags(t *testing.T) {
	data, err := os.ReadFile("commands.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	everywhere := flagRows(headed(page, "## Findings"))
	for _, command := range npgenCommands(t) {
		section := headed(page, "## npgen "+command)
		if section == "" {
			t.Errorf("commands.md has no section `## npgen %s`", command)
		}
		known := longFlag.FindAllString(help(t, command), -1)
		rows := flagRows(section)
		for _, f := range known {
			if f != "--help" && !slices.Contains(rows, f) && !slices.Contains(everywhere, f) {
				t.Errorf("commands.md has no row for `npgen %s %s`", command, f)
			}
		}
		for _, f := range rows {
			if !slices.Contains(known, f) {
				t.Errorf("commands.md has a row for `npgen %s %s`, which there is not", command, f)
			}
		}
	}
}

var longFlag = regexp.MustCompile(`--[a-z][a-z-]+`)

// flagRows returns the flags in the first column of the tables of a section.
func flagRows(section string) []string {
	var out []string
	for line := range strings.Lines(section) {
		if cell, _, found := strings.Cut(strings.TrimPrefix(line, "| "), " |"); found && strings.HasPrefix(line, "| `-") {
			out = append(out, longFlag.FindAllString(cell, -1)...)
		}
	}
	return out
}

// npgenCommands returns the names of the commands, as `npgen --help` lists them.
func npgenCommands(t *testing.T) []string {
	t.Helper()
	var out []string
	_, list, _ := strings.Cut(help(t), "Available Commands:\n")
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		if len(words) == 0 {
			break
		}
		if words[0] != "help" {
			out = append(out, words[0])
		}
	}
	return out
}

// help returns what `npgen COMMAND --help` prints.
func help(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(npgen, "npgen"), append(command, "--help")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// headed returns the part of a page under a heading of level two.
func headed(page, heading string) string {
	_, rest, found := strings.Cut("\n"+page, "\n"+heading+"\n")
	if !found {
		return ""
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	return section + "\n"
}
