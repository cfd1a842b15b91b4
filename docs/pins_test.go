package docs_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// threats is the page that names each test which holds a threat off, and what is open.
func threats(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tracked returns the files of the repository that git knows of, as paths from its root.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"ls-files", "--cached", "--others", "--exclude-standard", "--"}, patterns...)...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestThreats sees that each threat names tests, and that they are there.
func TestThreats(t *testing.T) {
	rows := 0
	for line := range strings.Lines(threats(t)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Threat") {
			continue
		}
		rows++
		tests := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(tests) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, m := range tests {
			file, name, named := strings.Cut(m[1], ": ")
			data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
			if err != nil || named && !strings.Contains(string(data), "\nfunc "+name+"(") {
				t.Errorf("`%s` is not there: %s", m[1], line)
			}
		}
	}
	if rows < 15 {
		t.Errorf("%d threats", rows)
	}
}

var (
	usesLine  = regexp.MustCompile(`(?m)^\s*-?\s*uses: (\S+)(.*)$`)
	imageLine = regexp.MustCompile(`(?m)^\s*-?\s*image: (\S+)`)
	pinnedTo  = regexp.MustCompile(`@[0-9a-f]{40}$`)
)

// TestPinned sees that actions are pinned by commit, with the version behind it for people and the bot, and images by
// digest, or that they stand among the open points.
func TestPinned(t *testing.T) {
	_, open, _ := strings.Cut(threats(t), "\n## Open points\n")
	pinned := 0
	for _, file := range tracked(t, ".github/workflows", "action.yml", "ci", "integrations", "docs/*.md", "README.md") {
		data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range usesLine.FindAllStringSubmatch(string(data), -1) {
			switch {
			case m[1] == "./" || strings.Contains(open, "`"+m[1]+"`"):
			case !pinnedTo.MatchString(m[1]) || !regexp.MustCompile(`^ # v[0-9]+\.[0-9]+\.[0-9]+$`).MatchString(m[2]):
				t.Errorf("%s: `%s%s` is not pinned by commit, with its version behind", file, m[1], m[2])
			default:
				pinned++
			}
		}
		if strings.HasPrefix(file, "docs/") { // examples of workloads
			continue
		}
		for _, m := range imageLine.FindAllStringSubmatch(string(data), -1) {
			if !strings.Contains(m[1], "@sha256:") && !strings.Contains(open, "`"+m[1]+"`") {
				t.Errorf("%s: the image %s has no digest, and is no open point", file, m[1])
			}
		}
	}
	if pinned < 6 {
		t.Errorf("%d actions are pinned", pinned)
	}
}

// TestBot sees that the bot looks at every module and at the workflows.
func TestBot(t *testing.T) {
	data, err := os.ReadFile("../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Version int
		Updates []struct {
			Ecosystem   string `json:"package-ecosystem"`
			Directories []string
			Schedule    struct{ Interval string }
		}
	}
	if err := yaml.UnmarshalStrict(data, &config); err != nil || config.Version != 2 {
		t.Fatalf("version %d: %v", config.Version, err)
	}
	looksAt := map[string][]string{}
	for _, u := range config.Updates {
		looksAt[u.Ecosystem] = u.Directories
	}
	if !slices.Contains(looksAt["github-actions"], "/") {
		t.Error("nothing keeps the actions current")
	}
	for _, file := range tracked(t, "go.mod", "*/go.mod") {
		dir := path.Dir("/" + file)
		if !slices.ContainsFunc(looksAt["gomod"], func(pattern string) bool {
			match, err := path.Match(pattern, dir)
			return err == nil && match
		}) {
			t.Errorf("nothing keeps %s current", file)
		}
	}
}
