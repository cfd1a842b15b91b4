package answer

import (
	"bytes"
	"io"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Format is a form in which an answer is written.
type Format string

// writeJSON writes an answer as JSON.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	if err := diag.EncodeJSON(&b, v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// printf adds a line to a text. What stands in it comes from whoever wrote the packages and manifests.
func printf(b *bytes.Buffer, format string, args ...any) {
	_ = diag.Linef(b, format, args...) // into memory
}

// notNil returns a list that JSON writes as one where it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// code shows text in Markdown as code, in which GitHub and GitLab find no link, mention, reference, HTML or cell.
func code(s string) string {
	s = strings.ReplaceAll(diag.Line(s), "|", `\x7c`)
	longest, run := 0, 0
	for _, r := range s {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || strings.TrimSpace(s) != s {
		s = " " + s + " " // a blank at both ends is left out again
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}

// codes shows each text of a list as code.
func codes(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}
