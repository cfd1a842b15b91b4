package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Format names a way to write findings, as in `--format github`.
type Format string

// The formats that List.Write knows.
const (
	Text   Format = "text"
	JSON   Format = "json"
	GitHub Format = "github"
	SARIF  Format = "sarif"
	GitLab Format = "gitlab"
)

// Formats returns every format, text first.
func Formats() []Format {
	return []Format{Text, JSON, GitHub, SARIF, GitLab}
}

// Options says how to write a report. The zero Options is plain text without snippets.
type Options struct {
	// Color adds terminal colours to the text format; the caller knows whether there is a terminal and NO_COLOR.
	Color bool
	// Snippets shows the source line under each finding of the text format, no wider than Width where that is above 0.
	Snippets bool
	Width    int
	// Source returns the text of a file as a Pos names it. It may be nil, and a file that it cannot read is no error:
	// the report then does without. Text takes snippets from it, sarif turns columns from bytes into characters.
	Source func(file string) ([]byte, error)
	// Version is npgen's own version, for formats that name the tool. It may be empty.
	Version string
	// Fold shows findings that are alike once in the text format, with the number of the others, and second places not
	// again where the finding above has the same ones. The other formats have all.
	Fold bool
	// Most is how many findings are shown, the worst of them, where it is above 0; the report counts the others, and
	// names More as what raises the limit.
	Most int
	More string
}

// Write writes the findings, sorted and without doubles, as a report of the given format. An unknown format is an
// error that names the known ones, and nothing is written; any other error is one of writing.
func (l List) Write(w io.Writer, f Format, o Options) error {
	render, err := renderer(f)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := render(&b, l.Sorted().cut(o), o); err != nil {
		return fmt.Errorf("%s report: %w", f, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the %s report: %w", f, err)
	}
	return nil
}

func renderer(f Format) (func(*bytes.Buffer, report, Options) error, error) {
	switch f {
	case Text:
		return renderText, nil
	case JSON:
		return renderJSON, nil
	case GitHub:
		return renderGitHub, nil
	case SARIF:
		return renderSARIF, nil
	case GitLab:
		return renderGitLab, nil
	}
	var known []string
	for _, k := range Formats() {
		known = append(known, "`"+string(k)+"`")
	}
	return nil, fmt.Errorf("unknown format `%s`: use one of %s", Printable(string(f)), strings.Join(known, ", "))
}

// sources reads each file once and hands out its lines.
type sources struct {
	read  func(file string) ([]byte, error)
	files map[string][][]byte
}

func newSources(read func(string) ([]byte, error)) *sources {
	return &sources{read: read, files: map[string][][]byte{}}
}

// line returns the source line of a position without its line end, or false where there is none to show.
func (s *sources) line(p Pos) ([]byte, bool) {
	if s.read == nil || !p.IsValid() || p.Line < 1 {
		return nil, false
	}
	lines, seen := s.files[p.File]
	if !seen {
		if text, err := s.read(p.File); err == nil {
			lines = bytes.Split(text, []byte("\n"))
		}
		s.files[p.File] = lines
	}
	if p.Line > len(lines) {
		return nil, false
	}
	return bytes.TrimSuffix(lines[p.Line-1], []byte("\r")), true
}

// before returns the part of a line that stands before a column in bytes from 1, cut at a whole character.
func before(line []byte, col int) []byte {
	n := min(max(col-1, 0), len(line))
	for n > 0 && n < len(line) && !utf8.RuneStart(line[n]) {
		n--
	}
	return line[:n]
}

// EncodeJSON appends v as indented JSON. It leaves `->` readable, and escapes what Line would escape: a report may land
// on a terminal or in the log of a job, too. No line of it starts with a command.
func EncodeJSON(b *bytes.Buffer, v any) error {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	for _, r := range commandInside.ReplaceAllString(raw.String(), `\u0023$1`) {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(b, `\u%04x`, unit)
		}
	}
	return nil
}
