package diag

import (
	"bytes"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// renderSARIF writes SARIF 2.1.0 for code scanning services. It keeps to what GitHub demands beyond the schema: every
// result has a location with a first line, or GitHub refuses the whole report; every rule has a short description, a
// full one and a help.
// https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
func renderSARIF(b *bytes.Buffer, l report, o Options) error {
	driver := sarif.NewToolComponent().WithName("npgen")
	if o.Version != "" {
		driver.WithVersion(o.Version)
	}
	if l.isCut() {
		l.Infof(OverBudget, Pos{}, "%s", l.rest(o)) // a service that shows the report need not show more than results
	}
	l.List = append(l.List, l.ignored...).Sorted()
	index := addRules(driver, l.List)
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(driver)).WithColumnKind("unicodeCodePoints")
	src := newSources(o.Source)
	for _, d := range l.List {
		run.AddResult(sarifResult(d, index[d.Rule], src))
	}
	return EncodeJSON(b, sarif.NewReport().AddRun(run))
}

// addRules lists every rule in the driver, then those that only the findings name, and returns their indices.
func addRules(driver *sarif.ToolComponent, l List) map[string]int {
	rules := Rules()
	index := map[string]int{}
	for i, r := range rules {
		index[r.ID] = i
	}
	for _, d := range l {
		if _, known := index[d.Rule]; !known {
			index[d.Rule] = len(rules)
			rules = append(rules, Rule{ID: d.Rule, Summary: d.Rule})
		}
	}
	for _, r := range rules {
		text := sarif.NewMultiformatMessageString().WithText(r.Summary)
		help := sarif.NewMultiformatMessageString().WithText("see `" + r.ID + "` in docs/rules.md")
		driver.AddRule(sarif.NewRule(r.ID).WithShortDescription(text).WithFullDescription(text).WithHelp(help))
	}
	return index
}

func sarifResult(d Diagnostic, rule int, src *sources) *sarif.Result {
	text := d.Message + d.where()
	if d.Help != "" {
		text += "\nhelp: " + d.Help
	}
	res := sarif.NewRuleResult(d.Rule).
		WithRuleIndex(rule).
		WithLevel(sarifLevel(d.Severity)).
		WithMessage(sarif.NewTextMessage(text)).
		AddLocation(sarifLocation(d.Pos, src))
	if d.Ignored != "" {
		res.AddSuppression(sarif.NewSuppression().WithKind("inSource").WithJustification(d.Ignored))
	}
	for i, r := range d.Related {
		res.AddRelatedLocation(sarifLocation(r.Pos, src).WithID(i + 1).WithMessage(sarif.NewTextMessage(d.related(r))))
	}
	return res
}

func sarifLevel(s Severity) string {
	if s == Info {
		return sarif.LevelNote
	}
	return s.String()
}

// sarifLocation returns the place of a position: line 1 where the line is unknown, `.` where the file is.
func sarifLocation(p Pos, src *sources) *sarif.Location {
	region := sarif.NewRegion().WithStartLine(max(p.Line, 1))
	if p.Line > 0 && p.Col > 0 {
		col := p.Col
		if line, ok := src.line(p); ok {
			col = utf8.RuneCount(before(line, p.Col)) + 1
		}
		region.WithStartColumn(col)
	}
	out := sarif.NewLocation()
	if p.Object != nil {
		kind := "resource"
		if p.Field != "" {
			kind = "property"
		}
		out.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(p.Part()).WithKind(kind))
	}
	return out.WithPhysicalLocation(sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewArtifactLocation().WithURI(fileURI(p.File))).
		WithRegion(region))
}

// slashPath returns a file as reports for other services name it: with slashes, without a leading `./`, and `.` for
// the package as a whole.
func slashPath(file string) string {
	if isWindowsPath(file) {
		file = strings.ReplaceAll(file, `\`, "/")
	}
	return path.Clean(filepath.ToSlash(file))
}

// isWindowsPath reports whether a file is an absolute path of Windows, which no other system would read as one.
func isWindowsPath(file string) bool {
	if strings.HasPrefix(file, `\\`) {
		return true
	}
	drive := len(file) > 2 && file[1] == ':' && (file[2] == '\\' || file[2] == '/')
	return drive && ('a' <= file[0]|0x20 && file[0]|0x20 <= 'z')
}

// fileURI returns a file as a URI reference (RFC 3986): relative as it is, absolute with the scheme file (RFC 8089).
func fileURI(file string) string {
	u := url.URL{Path: slashPath(file)}
	switch {
	case isWindowsPath(file): // file:///C:/dir/file, and file:////host/share/file
		u.Scheme, u.Path = "file", "/"+u.Path
	case strings.HasPrefix(u.Path, "/"):
		u.Scheme = "file"
	}
	return u.String()
}
