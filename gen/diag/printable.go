package diag

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What npgen shows comes from whoever wrote the packages and manifests, and from the names of their files. This file has
// the one way by which such text reaches a terminal or the log of a job.

// Printable returns s with every character that is not plainly visible written as a Go escape: what users wrote must
// not move the cursor, change colours, reorder the line or start a new one.
func Printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		b.WriteString(printableRune(r, s[i:i+n]))
		i += n
	}
	return b.String()
}

// printableRune is Printable for one character and the bytes it was decoded from.
func printableRune(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case unicode.IsPrint(r):
		return raw
	}
	return strings.Trim(strconv.QuoteRune(r), "'")
}

// What the runners of CI jobs take for a command: at the start of a line, blanks before it left out, or anywhere in one.
// GitHub: `::error::`, and `##[error]` anywhere; Azure: `##vso[`; TeamCity: `##teamcity[`; GitLab: `section_start:`.
var (
	startOfCommand = regexp.MustCompile(`^([ \t]*)(?:::|section_start:|section_end:)`)
	commandInside  = regexp.MustCompile(`#(#(?:vso|teamcity)?\[)`)
)

// Line returns text as one line, without its end: Printable, and no command to the runner of a job.
func Line(s string) string { return disarm(Printable(s)) }

// disarm writes the first character of each command in a line as an escape.
func disarm(line string) string {
	if command := startOfCommand.FindStringSubmatchIndex(line); command != nil {
		at := command[3]
		line = fmt.Sprintf(`%s\x%02x%s`, line[:at], line[at], line[at+1:])
	}
	return disarmInside(line)
}

func disarmInside(line string) string { return commandInside.ReplaceAllString(line, `\x23$1`) }

// Linef writes a line that is made like that of fmt.Printf, as Line has it.
func Linef(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, Line(fmt.Sprintf(format, args...))+"\n")
	return err
}

// Lines returns a file or a part of one with each of its lines as Line has it, but for tabs, which stay.
func Lines(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		body, ended := strings.CutSuffix(string(line), "\n")
		parts := strings.Split(body, "\t")
		for i := range parts {
			parts[i] = Printable(parts[i])
		}
		out.WriteString(disarm(strings.Join(parts, "\t")))
		if ended {
			out.WriteString("\n")
		}
	}
	return out.Bytes()
}
