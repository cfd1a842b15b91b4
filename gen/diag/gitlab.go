package diag

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// The gitlab format is GitLab's Code Quality report: https://docs.gitlab.com/ci/testing/code_quality/

type gitLabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitLabLocation `json:"location"`
}

type gitLabLocation struct {
	Path  string      `json:"path"`
	Lines gitLabLines `json:"lines"`
}

type gitLabLines struct {
	Begin int `json:"begin"`
}

func renderGitLab(b *bytes.Buffer, l report, o Options) error {
	if l.isCut() {
		// The report has no other place to say so.
		l.Infof(OverBudget, Pos{}, "%s", l.rest(o))
	}
	issues := make([]gitLabIssue, 0, len(l.List))
	seen := map[string]int{}
	for _, d := range l.List {
		description := d.Message + d.where()
		if d.Help != "" {
			description += "; help: " + d.Help
		}
		file, object := slashPath(d.Pos.File), ""
		if d.Pos.Object != nil { // but not the field: rules that stand before it may come and go
			object = " (" + d.Pos.Object.String() + ")"
		}
		issues = append(issues, gitLabIssue{
			Description: description,
			CheckName:   d.Rule,
			Fingerprint: fingerprint(seen, d.Rule, file, d.Message+object),
			Severity:    gitLabSeverity(d.Severity),
			Location:    gitLabLocation{Path: file, Lines: gitLabLines{Begin: max(d.Pos.Line, 1)}},
		})
	}
	return EncodeJSON(b, issues)
}

// fingerprint returns what GitLab compares branches by. It leaves the line out, so that a finding that only moved is
// not a new one; GitLab shows equal fingerprints as one finding, so doubles are counted.
func fingerprint(seen map[string]int, rule, file, message string) string {
	key := fmt.Sprintf("%q %q %q", rule, file, message)
	n := seen[key]
	seen[key]++
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", key, n)))
}

func gitLabSeverity(s Severity) string {
	switch s {
	case Error:
		return "major"
	case Warning:
		return "minor"
	default:
		return "info"
	}
}
