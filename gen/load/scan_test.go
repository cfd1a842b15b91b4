package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzShallow holds the quick look at a file against the scanner of CUE: what it lets pass stays below the limits and
// has no fault.
func FuzzShallow(f *testing.F) {
	files, err := filepath.Glob("../../testdata/golden/*/*.cue")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, 1)
	}
	for _, s := range []string{
		"a: {", "a: [", "a: ", "a:\n", "a\n: ", "a\n\n : ", "a // b\n: ", "a /b", "a\n, ", "a,\n", "\"a\": ", "\"a\"\n: ", "80, ", "0", "[0]: ", "007, ", "80: ", "80K, ", "[80]: ", "}", "{}",
		"a: \"b\"\n", "a: \"\"\"\n\"\"\"\n", "a: \"\\(b)\"\n", "if a {", "if true {}\n", "for x in y {", "let x = {", "a b ", "a\n", "a.b", "true ", "_", "$x: ", "#x: ", "@a(", "\x00", "\xff", "ü", "\r\n", "a\r\n: ",
		"//", "// a\n", "// \x01\n", "/", "\"", "\"a", "\"\n\"", "a?: ", "a!: ", "...", "*a: ", "-",
	} {
		for _, n := range []int{1, 256, 257, 300, 10_001} {
			f.Add([]byte(s), n)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		data = []byte(strings.Repeat(string(data), max(1, min(n, 20_000, 1<<20/(len(data)+1)))))
		if !isShallow(data) {
			return
		}
		if s := scan("p.cue", data); s.end != isWhole || s.faults > 0 {
			t.Errorf("%.200q: %+v", data, s)
		}
	})
}

// TestShallow holds which files have the quick look only: those that are large for their literals.
func TestShallow(t *testing.T) {
	for src, want := range map[string]bool{
		"": true,
		"package p // c\n\nnamespace: \"a\"\nworkloads: {\n\tapi: {ports: {http: 80, x: \"53/udp\"}, dns: true}\n\t\"a/b\": {}\n}\nallow: [\n\t\"a -> b\",\n]\n": true,
		"a: 1 & 2\n": false,
		"a: \"\\n\"": false,
		"if a {}":    false,
		"a\n: b":     false,
		"a: \"ü\"":   false,
		strings.Repeat("{", 257) + strings.Repeat("}", 257): false,
		strings.Repeat("a: ", 300) + "1":                    false,
		strings.Repeat("a ", 10_001):                        false,
		strings.Repeat("a: 1\n", 10_001):                    true,
	} {
		if got := isShallow([]byte(src)); got != want {
			t.Errorf("%.50q: %t", src, got)
		}
	}
}
