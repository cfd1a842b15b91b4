package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// slip is a form of another language, which a line of CUE has by mistake.
type slip struct {
	// form finds it in a line without what stands in quotes; its first group is what was written.
	form *regexp.Regexp
	// said is part of what CUE says of it.
	said string
	// message and help are what to say instead, with what was written.
	message, help func(written string) string
}

func slips() []slip {
	text := func(format string) func(string) string {
		return func(written string) string {
			if strings.Contains(format, "%") {
				return fmt.Sprintf(format, written)
			}
			return format
		}
	}
	return []slip{
		{regexp.MustCompile(`^\s*(-\s+.*->.*?)\s*$`), "", text("`%s` is a list as in YAML: an edge of CUE is a text, and a list has brackets"), func(written string) string {
			return fmt.Sprintf("write `[%q]`", strings.Trim(strings.TrimPrefix(written, "-"), " '\""))
		}},
		{regexp.MustCompile(`([\w/*.-]+\s*->\s*[\w/*.:-]+)`), "", text("the edge `%s` has no quotes"), text("write `\"%s\"`")},
		{regexp.MustCompile(`(?:^|\s)(#)(?:\s|$)`), "expected label", text("`%s` starts no comment"), text("a comment of CUE starts with `//`")},
		{regexp.MustCompile(`(\d+(?:\.\d+){3}/\d+|[0-9a-fA-F]*::[0-9a-fA-F:]*/\d+)`), "", text("the range `%s` has no quotes"), text("write `\"%s\"`")},
		{regexp.MustCompile(`([A-Za-z_]\w*(?:[-./]\w+)+)\s*:`), "missing `,`", text("the name `%s` has no quotes"), text("CUE takes letters, digits and `_` alone without quotes: write `\"%s\"`")},
		{regexp.MustCompile(`\b(strings|list|math|net|regexp|strconv|struct|time)\.[A-Z]`), "reference", text("`%s` is not imported"), text("write `import \"%s\"` below the package clause")},
	}
}

var quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// lines returns the lines of a file that was read, divided once.
func (t *translator) lines(file string) []string {
	lines, known := t.divided[file]
	if !known {
		if data, err := t.reader.source(file); err == nil {
			lines = strings.Split(string(data), "\n")
		}
		if t.divided == nil {
			t.divided = map[string][]string{}
		}
		t.divided[file] = lines
	}
	return lines
}

// slip reports a finding of CUE as the slip that it comes from, once a line; false where it is none.
func (t *translator) slip(pos diag.Pos, message string, out *diag.List) bool {
	lines := t.lines(pos.File)
	if pos.Line < 1 || pos.Line > len(lines) {
		return false
	}
	if t.slips == nil {
		t.slips = slips()
	}
	line := quotedText.ReplaceAllStringFunc(lines[pos.Line-1], func(s string) string { return strings.Repeat("\x00", len(s)) })
	line, _, _ = strings.Cut(line, "//")
	for _, s := range t.slips {
		at := s.form.FindStringSubmatchIndex(line)
		if at == nil || !strings.Contains(message, s.said) {
			continue
		}
		written := lines[pos.Line-1][at[2]:at[3]]
		found := diag.Pos{File: pos.File, Line: pos.Line, Col: at[2] + 1}
		said := s.message(written)
		if !slices.ContainsFunc(*out, func(d diag.Diagnostic) bool { return d.Pos == found && d.Message == said }) {
			out.Errorf(diag.CUESyntax, found, "%s", said).WithHelp("%s", s.help(written))
		}
		return true
	}
	return false
}
