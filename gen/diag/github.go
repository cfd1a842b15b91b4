package diag

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// renderGitHub writes a workflow command for each finding, which GitHub Actions turns into annotations:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
//
// GitHub shows ten annotations of a severity and step and drops the rest, so errors come first, then warnings. What is
// dropped there is still in the log.
func renderGitHub(b *bytes.Buffer, l report, o Options) error {
	slices.SortStableFunc(l.List, func(x, y Diagnostic) int { return cmp.Compare(x.Severity, y.Severity) })
	for _, d := range l.List {
		var props []string
		if d.Pos.IsValid() {
			props = append(props, "file="+escapeProperty(slashPath(d.Pos.File)))
			if d.Pos.Line > 0 {
				props = append(props, fmt.Sprintf("line=%d", d.Pos.Line))
			}
			if d.Pos.Line > 0 && d.Pos.Col > 0 {
				props = append(props, fmt.Sprintf("col=%d", d.Pos.Col))
			}
		}
		props = append(props, "title="+escapeProperty("npgen "+d.Rule))
		fmt.Fprintf(b, "::%s %s::%s\n", gitHubCommand(d.Severity), strings.Join(props, ","), escapeData(d.Text()))
	}
	if l.isCut() {
		fmt.Fprintf(b, "::notice title=npgen::%s\n", escapeData(l.rest(o)))
	}
	return nil
}

func gitHubCommand(s Severity) string {
	if s == Info {
		return "notice"
	}
	return s.String()
}

// escapeData escapes what follows the command's second `::`, as the runner unescapes it. Line ends survive as %0D and
// %0A; other invisible characters have no escape in commands, so they are shown as Printable shows them.
func escapeData(s string) string {
	return escapeCommand(s, "%", "%25", "\r", "%0D", "\n", "%0A")
}

// escapeProperty escapes the value of a command's property, where the runner also splits at colons and commas.
func escapeProperty(s string) string {
	return escapeCommand(s, "%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
}

func escapeCommand(s string, oldnew ...string) string {
	return disarmInside(Printable(strings.NewReplacer(oldnew...).Replace(s)))
}
