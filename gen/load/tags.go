package load

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
)

// tagged loads a package with those tags that it has. CUE refuses others, which another package may have.
func tagged(arg string, cfg *load.Config, tags []string, r *reader) *build.Instance {
	cfg.Tags = tags
	for {
		cfg.Stdin = bytes.NewReader(r.stdin)
		inst := load.Instances([]string{arg}, cfg)[0]
		unknown := slices.IndexFunc(cfg.Tags, func(tag string) bool { return isUnknownTag(inst.Err, tag) })
		if unknown < 0 {
			for _, tag := range cfg.Tags {
				r.tags[tag] = true
			}
			return inst
		}
		cfg.Tags = slices.Delete(slices.Clone(cfg.Tags), unknown, unknown+1)
	}
}

// isUnknownTag reports whether CUE says that a package does not have a tag. A test holds its words.
func isUnknownTag(err error, tag string) bool {
	name, _, hasValue := strings.Cut(tag, "=")
	want := fmt.Sprintf("tag %q not used in any file", tag)
	if hasValue {
		want = fmt.Sprintf("no tag for %q", name)
	}
	return slices.ContainsFunc(errors.Errors(err), func(e errors.Error) bool { return text(e) == want })
}

// unknownTags returns the tags that no package has. Of a package that could not be read nobody knows.
func (r *Result) unknownTags(env Env) []string {
	if r.Findings.Count(diag.Error) > 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(env.Tags), func(tag string) bool { return r.tags[tag] })
}

// NoSuchTags reports tags that no package has.
func NoSuchTags(tags []string) diag.List {
	var out diag.List
	for _, tag := range tags {
		name, _, hasValue := strings.Cut(tag, "=")
		finding := out.Errorf(diag.UnknownName, diag.Pos{}, "`-t %s`: no named package has such a tag", tag)
		if hasValue {
			finding.WithHelp("declare it: `_%s: string @tag(%s)`", name, name)
		} else {
			finding.WithHelp("declare it: `@if(%s)` at the top of a file, or `_kind: string @tag(kind,short=%s)`", name, name)
		}
	}
	return out
}

// tag is a `@tag` of a package.
type tag struct {
	name string
	pos  token.Pos
}

// unsetTags returns the tags of files that are given no value.
func unsetTags(files []*ast.File, tags []string) []tag {
	var out []tag
	for _, f := range files {
		ast.Walk(f, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok {
				return true
			}
			for _, a := range field.Attrs {
				key, body := a.Split()
				name, more, _ := strings.Cut(body, ",")
				name = strings.TrimSpace(name)
				isSet := slices.ContainsFunc(tags, func(tag string) bool {
					return strings.HasPrefix(tag, name+"=") || slices.Contains(strings.FieldsFunc(more, isBetweenNames), tag)
				})
				if key == "tag" && !isSet {
					out = append(out, tag{name, field.Pos()})
				}
			}
			return true
		}, nil)
	}
	return out
}

// missing returns the `-t` to write for an incomplete value, "" where it does not come from a tag that was given none.
func (t *translator) missing(e errors.Error) string {
	at := func(x tag) bool {
		return slices.ContainsFunc(t.places(e), func(p diag.Pos) bool {
			q := t.pos(x.pos)
			return p.File == q.File && p.Line == q.Line
		})
	}
	if t.unset == nil {
		t.unset = append([]tag{}, unsetTags(t.files, t.tags)...)
	}
	i := slices.IndexFunc(t.unset, at)
	if i < 0 && len(t.unset) == 1 {
		i = 0
	}
	if i < 0 {
		return ""
	}
	return "-t " + t.unset[i].name + "=VALUE"
}

// isBetweenNames reports whether a character divides the names of `short=a|b`.
func isBetweenNames(r rune) bool { return strings.ContainsRune("=|, ", r) }
