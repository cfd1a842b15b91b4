package load

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
)

// loadErrors translates what stops a package from being built: syntax, imports, several packages in one folder.
func (t *translator) loadErrors(err error, s Source) diag.List {
	var out diag.List
	for _, e := range errors.Errors(err) {
		message := text(e)
		pos := t.first(e)
		switch {
		case strings.Contains(message, "no CUE files") || strings.Contains(message, "no files"):
			out.Errorf(diag.EmptyPackage, packagePos(s), "the folder has no CUE files").WithHelp("start a package with `npgen init`")
		case strings.Contains(message, "found packages"):
			out.Errorf(diag.CUESyntax, pos, "the folder holds more than one CUE package: %s", message).
				WithHelp("a policy package is one CUE package; give all its files the same `package` clause")
		case strings.Contains(message, "ambiguous import"):
			out.Errorf(diag.StaleSchema, pos, "%s", message).
				WithHelp("npgen brings its schema along: remove the dependency from cue.mod/module.cue")
		case strings.Contains(message, "import") || strings.Contains(message, "package"):
			out.Errorf(diag.CUESyntax, pos, "%s", message).WithHelp("an import names a package of this module, of cue.mod/pkg, or of CUE's standard library")
		default:
			out.Errorf(diag.CUESyntax, pos, "%s", message)
		}
	}
	return out
}

// errors translates what CUE finds when it evaluates.
func (t *translator) errors(err error) diag.List {
	var out diag.List
	if err == nil {
		return out
	}
	all := errors.Errors(err)
	own := map[string]bool{}
	for _, e := range all {
		if !touchesDefaults(e) {
			own[pathText(e.Path())] = true
		}
	}
	for _, e := range all {
		// The alternatives that the schema's default adds to a conflict say nothing new.
		if !own[pathText(e.Path())] || !touchesDefaults(e) {
			t.one(e, &out)
		}
	}
	return out
}

func touchesDefaults(e errors.Error) bool {
	return slices.ContainsFunc(positions(e), func(p token.Pos) bool { return p.Filename() == defaultsFile })
}

func (t *translator) one(e errors.Error, out *diag.List) {
	message := text(e)
	rule, help := diag.CUEConflict, ""
	switch {
	case strings.Contains(message, "errors in empty disjunction"):
		return // the parts follow
	case strings.Contains(message, "cycle"):
		rule, help = diag.CUECycle, "break the circle: one of the values must not refer back"
	case strings.Contains(message, "incomplete") || strings.Contains(message, "non-concrete"):
		rule, help = diag.CUEIncomplete, "give it one definite value"
	case strings.HasPrefix(message, "conflicting values"):
		help = "a value that is set in two places must be the same in both"
	case strings.HasPrefix(message, "reference"):
		help = "declare the field, or quote the text"
	}
	message = cut(message)
	if path := pathText(e.Path()); path != "" && !strings.Contains(message, path) {
		message = fmt.Sprintf("`%s`: %s", path, message)
	}
	d := out.Errorf(rule, t.first(e), "%s", message)
	if help != "" {
		d.WithHelp("%s", help)
	}
	for _, p := range t.others(e, d.Pos) {
		d.WithRelated(p, "%s", map[bool]string{true: "the other value", false: "used here"}[rule == diag.CUEConflict])
	}
}

// text returns the message of a CUE error in one line, without its path and positions.
func text(e errors.Error) string {
	format, args := e.Msg()
	s := fmt.Sprintf(format, args...)
	if s == "" {
		s = e.Error()
	}
	s, _, _ = strings.Cut(s, " (and ")
	return strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ":")
}

// cut keeps a message readable where CUE prints whole structs.
func cut(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func pathText(path []string) string {
	return strings.Join(path, ".")
}

// first returns the first position of an error that is in the user's files.
func (t *translator) first(e errors.Error) diag.Pos {
	for _, p := range positions(e) {
		if pos := t.pos(p); pos.IsValid() {
			return pos
		}
	}
	return t.fallback
}

// others returns the further positions of an error in the user's files.
func (t *translator) others(e errors.Error, first diag.Pos) []diag.Pos {
	var out []diag.Pos
	seen := map[diag.Pos]bool{first: true}
	for _, p := range positions(e) {
		if pos := t.pos(p); pos.IsValid() && !seen[pos] {
			seen[pos] = true
			out = append(out, pos)
		}
	}
	return out
}

func positions(e errors.Error) []token.Pos {
	return append([]token.Pos{e.Position()}, e.InputPositions()...)
}
