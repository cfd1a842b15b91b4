package load

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
)

// errors translates what CUE finds when it evaluates. Errors that say the same of one value become one finding.
func (t *translator) errors(err error) diag.List {
	var out diag.List
	if err == nil {
		return out
	}
	all := errors.Errors(err)
	own := map[string]bool{}
	for _, e := range all {
		if !touchesSchema(e) {
			own[pathText(e.Path())] = true
		}
	}
	var lists []string
	for i := 0; i < len(all); i++ {
		e := all[i]
		path := pathText(e.Path())
		switch {
		case own[path] && touchesSchema(e):
			// The alternatives that the schema's default adds to a conflict say nothing new.
		case strings.Contains(text(e), "errors in empty disjunction"):
			parts := alternatives(all[i+1:], e, own[path])
			t.disjunction(parts, &out)
			i += len(parts)
		case listPath(e) != nil:
			if list := pathText(listPath(e)); !slices.Contains(lists, list) {
				lists = append(lists, list)
				t.twoLists(e, &out)
			}
		default:
			t.one(e, &out)
		}
	}
	return out
}

// touchesSchema reports whether an error speaks of a default of the schema.
func touchesSchema(e errors.Error) bool {
	return slices.ContainsFunc(positions(e), func(p token.Pos) bool { return p.IsValid() && ofSchema(p) })
}

// alternatives returns the errors that follow the head of a failed disjunction and belong to it.
func alternatives(rest []errors.Error, head errors.Error, own bool) []errors.Error {
	n := 0
	for n < len(rest) && slices.Equal(rest[n].Path(), head.Path()) {
		n++
	}
	return slices.DeleteFunc(slices.Clone(rest[:n]), func(e errors.Error) bool { return own && touchesSchema(e) })
}

// disjunction reports a value that fits none of several alternatives, once.
func (t *translator) disjunction(parts []errors.Error, out *diag.List) {
	if len(parts) < 2 {
		for _, e := range parts {
			t.one(e, out)
		}
		return
	}
	value := ""
	var others []string
	for _, e := range parts {
		a, b, ok := conflict(e)
		if !ok || value != "" && b != value {
			t.one(parts[0], out)
			return
		}
		value, others = b, append(others, "`"+a+"`")
	}
	at := t.places(parts[0])
	at = slices.DeleteFunc(at, func(p diag.Pos) bool {
		return slices.ContainsFunc(parts[1:], func(e errors.Error) bool { return !slices.Contains(t.places(e), p) })
	})
	at = append(at, t.nearest(parts[0].Path()))
	out.Errorf(diag.CUEConflict, at[0], "`%s`: conflicting values: `%s` is not %s", pathText(parts[0].Path()), cut(value), cut(strings.Join(others, " or "))).
		WithHelp("a value that is set in two places must fit both")
	t.related(out, parts[0], "the other value")
}

// conflict returns the two values of an error of that kind.
func conflict(e errors.Error) (a, b string, ok bool) {
	format, args := e.Msg()
	if !strings.HasPrefix(format, "conflicting values %s and %s") || len(args) < 2 {
		return "", "", false
	}
	return fmt.Sprint(args[0]), fmt.Sprint(args[1]), true
}

// listPath returns the path of the list where an error says that two lists are not the same.
func listPath(e errors.Error) []string {
	path := e.Path()
	if strings.HasPrefix(text(e), "incompatible list lengths") {
		return path
	}
	if _, _, ok := conflict(e); !ok || len(path) < 2 {
		return nil
	}
	if _, err := strconv.Atoi(path[len(path)-1]); err != nil {
		return nil
	}
	return path[:len(path)-1]
}

// twoLists reports two lists under one name: in CUE they must be equal, and do not add up.
func (t *translator) twoLists(e errors.Error, out *diag.List) {
	path := listPath(e)
	var places []diag.Pos
	for _, p := range t.index().path(path) {
		places = append(places, t.pos(p.value.Pos()))
	}
	if len(places) < 2 {
		places = append(t.places(e), t.nearest(path))
	}
	finding := out.Errorf(diag.CUEConflict, places[len(places)-1], "`%s` is set to two lists that differ, and lists in CUE do not add up", pathText(path))
	switch path[0] {
	case "allow":
		finding.WithHelp("give each list a name of its own: `allow: checkout: [...]` here, `allow: search: [...]` there")
	default:
		finding.WithHelp("write the list in one place")
	}
	for _, p := range places[:len(places)-1] {
		finding.WithRelated(p, "the other list")
	}
}

// wording is how a kind of CUE error is reported; the first whose text the message holds counts.
type wording struct{ text, rule, help string }

func wordings() []wording {
	return []wording{
		{"cycle", diag.CUECycle, "break the circle: one of the values must not refer back"},
		{"incomplete", diag.CUEIncomplete, "give it one definite value"},
		{"unresolved disjunction", diag.CUEIncomplete, "choose one, or mark one as the default: `*\"a\" | \"b\"`"},
		{"non-concrete", diag.CUEIncomplete, "give it one definite value"},
		{"required but not present", diag.CUEIncomplete, "set the field: `name: value`, without `!`"},
		{"(mismatched types list and struct)", diag.CUEConflict, "a field is a list or a struct everywhere; `allow` as named lists is `allow: NAME: [...]` in every file"},
		{"(mismatched types struct and list)", diag.CUEConflict, "a field is a list or a struct everywhere; `allow` as named lists is `allow: NAME: [...]` in every file"},
		{"conflicting values", diag.CUEConflict, "a value that is set in two places must be the same in both"},
		{"out of bound", diag.CUEConflict, "write a value within the bound"},
		{"field not allowed", diag.CUEConflict, "the definition that the struct is unified with is closed: add the field there, or leave it out"},
		{"unreferenced", diag.CUEConflict, "remove it, or use it"},
		{"reference", diag.CUEConflict, "declare the field, or quote the text"},
		{"undefined field", diag.CUEConflict, "declare the field there, or name one that is"},
		{"imported and not used", diag.CUEConflict, "remove the import"},
		{"builtin package", diag.CUEConflict, importHelp},
		{"is not available in version", diag.CUEConflict, "set a newer `language: version` in cue.mod/module.cue; a folder without one is read as v0.9.0"},
	}
}

const importHelp = "an import names a package of this module, of cue.mod/pkg, or of CUE's standard library"

func (t *translator) one(e errors.Error, out *diag.List) {
	message := text(e)
	if touchesSchema(e) && len(e.Path()) == 1 && strings.Contains(message, "(mismatched types") {
		t.notStruct(e, out)
		return
	}
	if t.slip(t.first(e), message, out) {
		return
	}
	w := wording{rule: diag.CUEConflict}
	words := wordings()
	if i := slices.IndexFunc(words, func(w wording) bool { return strings.Contains(message, w.text) }); i >= 0 {
		w = words[i]
	}
	message = cut(t.refused(e, message))
	if path := pathText(e.Path()); path != "" {
		message = fmt.Sprintf("`%s`: %s", path, message)
	}
	d := out.Errorf(w.rule, t.first(e), "%s", message)
	if w.help != "" {
		d.WithHelp("%s", w.help)
	}
	if w.rule == diag.CUEIncomplete {
		if flag := t.missing(e); flag != "" {
			d.WithHelp("give the tag a value: `%s`", flag)
		}
	}
	switch {
	case strings.Contains(message, "conflicting values"):
		t.related(out, e, "the other value")
	case w.text == "out of bound":
		t.related(out, e, "the bound")
	default:
		t.related(out, e, "from here")
	}
}

// refused returns a message about an embedded file that was not read with the reason, which CUE leaves out.
func (t *translator) refused(e errors.Error, message string) string {
	rest, is := strings.CutPrefix(message, "@embed: open ")
	if !is {
		rest, is = strings.CutPrefix(message, "@embed: failed to stat ")
	}
	file := e.Position().File()
	if !is || file == nil {
		return message
	}
	name, _, _ := strings.Cut(rest, ": ")
	path := filepath.Join(filepath.Dir(file.Name()), filepath.FromSlash(name))
	if isStdin(file.Name()) {
		path = filepath.Join(t.dir, filepath.FromSlash(name))
	}
	if err := t.reader.files.report(path); err != nil {
		return "@embed: " + pathError("`"+name+"`", err).Error()
	}
	return message
}

// related adds the further places of an error to the finding just added, the first few of them.
func (t *translator) related(out *diag.List, e errors.Error, word string) {
	const most = 5
	d := &(*out)[len(*out)-1]
	for _, p := range t.places(e) {
		if p != d.Pos && len(d.Related) < most {
			d.WithRelated(p, "%s", word)
		}
	}
}

// notStruct reports something else where the schema's defaults make a struct: `dns: false`, `output: "edge"`.
func (t *translator) notStruct(e errors.Error, out *diag.List) {
	field := pathText(e.Path())
	value, other, _ := conflict(e)
	if strings.HasPrefix(value, "{") {
		value = other
	}
	d := out.Errorf(diag.WrongType, t.first(e), "`%s` must be a struct, not `%s`", field, cut(value))
	switch word := strings.Trim(value, `"`); {
	case field == "dns" && slices.Contains(dnsProfileNames(), word):
		d.WithHelp("write `dns: profile: %s`", value)
	case field == "dns":
		d.WithHelp("write `dns: auto: false` to give DNS to none but those that ask, or `dns: profile: \"...\"`")
	case slices.Contains(groupings(), word):
		d.WithHelp("write `output: grouping: %s`", value)
	default:
		d.WithHelp("write `output: name: \"...\"`, or another of its fields")
	}
}

// inPackage is how CUE marks hidden fields with their package.
var inPackage = regexp.MustCompile(`\([^\s()]+@v\d+(:\w+)?\)`)

// text returns the message of a CUE error and those it wraps in one line, without paths and positions.
func text(e errors.Error) string {
	var parts []string
	for next := error(e); next != nil; next = errors.Unwrap(next) {
		inner, ok := next.(errors.Error)
		if !ok {
			break
		}
		format, args := inner.Msg()
		if s := strings.TrimSpace(fmt.Sprintf(format, args...)); s != "" {
			parts = append(parts, strings.TrimSuffix(s, ":"))
		}
	}
	s := strings.Join(parts, ": ")
	if s == "" {
		s = e.Error()
	}
	return inPackage.ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
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

// first returns the place of an error: of the value rather than of its bound.
func (t *translator) first(e errors.Error) diag.Pos {
	switch at := t.places(e); {
	case len(at) == 0:
		return t.nearest(e.Path())
	case strings.Contains(text(e), "out of bound"):
		return at[len(at)-1]
	default:
		return at[0]
	}
}

// places returns the positions of an error in the user's files, each once.
func (t *translator) places(e errors.Error) []diag.Pos {
	var out []diag.Pos
	for _, p := range positions(e) {
		if pos := t.pos(p); pos.IsValid() && !slices.Contains(out, pos) {
			out = append(out, pos)
		}
	}
	return out
}

func positions(e errors.Error) []token.Pos {
	return append([]token.Pos{e.Position()}, e.InputPositions()...)
}
