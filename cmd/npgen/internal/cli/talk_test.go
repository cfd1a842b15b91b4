package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTalk sees that what is said beside the answer goes through `say` or a report: what it quotes may hold anything.
func TestTalk(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	raw := regexp.MustCompile(`(?m)^.*fmt\.Fprint(f|ln)?\([a-z.]*(err|stderr), .*$`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range raw.FindAllString(string(data), -1) {
			t.Errorf("%s: write `say(...)`: %s", file, strings.TrimSpace(line))
		}
	}
}
