package load

import (
	"path/filepath"
	"strings"

	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
)

// loadErrors translates what stops a package from being built: syntax, imports, several packages in one folder.
func (t *translator) loadErrors(err error, s Source) diag.List {
	var out diag.List
	for _, e := range errors.Errors(err) {
		var none *load.NoFilesError
		var several *load.MultiplePackageError
		switch message := text(e); {
		case errors.As(e, &none) || strings.Contains(message, "no CUE files") || strings.Contains(message, "matched no packages"):
			t.noFiles(s, &out)
		case errors.As(e, &several):
			t.twoPackages(several, &out)
		case strings.Contains(message, "ambiguous import"):
			out.Errorf(diag.StaleSchema, t.first(e), "%s", message).
				WithHelp("npgen brings its schema along: remove the dependency from cue.mod/module.cue")
		case strings.HasPrefix(message, "import failed"):
			t.importFailed(e, message, &out)
		case strings.Contains(message, "import") || strings.Contains(message, "package"):
			out.Errorf(diag.CUESyntax, t.first(e), "%s", message).WithHelp(importHelp)
		default:
			t.syntax(e, message, &out)
		}
	}
	return out
}

// leftOut finds files of the folder that CUE does not count to the package: npgen must not pass over an edge that a
// user believes to be in force.
func (t *translator) leftOut(inst *build.Instance, s Source) diag.List {
	var out diag.List
	add := out.Errorf
	if len(inst.BuildFiles) > 0 || s.Found {
		add = out.Warnf
	}
	for _, f := range inst.IgnoredFiles {
		if f.ExcludeReason == nil || strings.HasSuffix(f.Filename, "_tool.cue") || strings.HasSuffix(f.Filename, "_test.cue") {
			continue
		}
		pos := diag.Pos{File: t.reader.pos(f.Filename), Line: 1, Col: 1}
		switch reason := text(f.ExcludeReason); {
		case strings.Contains(reason, "no package name"):
			add(diag.LeftOut, pos, "the file has no package clause, so it is not part of the package").
				WithHelp("write `package policy` at its top, the same name as in the other files")
		case strings.HasPrefix(reason, "@if"):
			if len(inst.BuildFiles) > 0 || s.Found {
				add = out.Infof // it was asked for
			}
			add(diag.LeftOut, pos, "the file is not part of the package: %s", strings.Replace(reason, " did not match", " does not hold", 1)).
				WithHelp("`-t NAME` sets what `@if(NAME)` asks for")
		}
	}
	return out
}

// noFiles reports a folder without CUE files, unless those that it has are reported as left out.
func (t *translator) noFiles(s Source, out *diag.List) {
	if found, err := CUEFiles(t.dir); err == nil && len(found) == 0 {
		out.Errorf(diag.EmptyPackage, packagePos(s), "the folder has no CUE files").WithHelp("start a package with `npgen init`")
	}
}

func (t *translator) twoPackages(e *load.MultiplePackageError, out *diag.List) {
	at := func(i int) diag.Pos {
		return diag.Pos{File: t.reader.pos(filepath.Join(t.dir, e.Files[i])), Line: 1, Col: 1}
	}
	out.Errorf(diag.CUESyntax, at(1), "the folder holds more than one CUE package: `%s` in %s, `%s` in %s", e.Packages[0], e.Files[0], e.Packages[1], e.Files[1]).
		WithHelp("a policy package is one CUE package; give all its files the same `package` clause").
		WithRelated(at(0), "the other package")
}

// importFailed reports an import at the fault in the imported file, where that is known.
func (t *translator) importFailed(e errors.Error, message string, out *diag.List) {
	at := t.places(e)
	inner := strings.TrimPrefix(message, "import failed: ")
	if len(at) > 1 {
		out.Errorf(diag.CUESyntax, at[1], "%s", quoted(inner)).WithRelated(at[0], "imported here")
		return
	}
	out.Errorf(diag.CUESyntax, t.first(e), "%s", message).WithHelp(importHelp)
}

// syntax reports a fault of the grammar of CUE.
func (t *translator) syntax(e errors.Error, message string, out *diag.List) {
	pos := t.first(e)
	if t.slip(pos, quoted(message), out) {
		return
	}
	if !strings.HasSuffix(message, "found 'EOF'") {
		out.Errorf(diag.CUESyntax, pos, "%s", quoted(message))
		return
	}
	data, err := t.reader.source(pos.File)
	if err != nil {
		out.Errorf(diag.CUESyntax, pos, "%s", quoted(message))
		return
	}
	pos.Line, pos.Col = lineCol(data, len(strings.TrimRight(string(data), " \t\r\n")))
	d := out.Errorf(diag.CUESyntax, pos, "%s", strings.Replace(quoted(message), "`EOF`", "the end of the file", 1))
	if open, bracket := unclosed(data); open.IsValid() {
		d.WithHelp("close the `%s` of line %d", bracket, open.Line()).
			WithRelated(diag.Pos{File: pos.File, Line: open.Line(), Col: open.Column()}, "this `%s` is not closed", bracket)
	}
}

// quoted returns a message of CUE with what it quotes in backticks.
func quoted(s string) string {
	if strings.Count(s, "'")%2 == 0 {
		return strings.ReplaceAll(s, "'", "`")
	}
	return s
}

// unclosed returns the innermost bracket that is open at the end of a file.
func unclosed(data []byte) (token.Pos, token.Token) {
	var s scanner.Scanner
	s.Init(token.NewFile("", -1, len(data)), data, func(token.Pos, string, []any) {}, 0)
	type bracket struct {
		pos token.Pos
		tok token.Token
	}
	open := []bracket{{}}
	for {
		switch pos, tok, _ := s.Scan(); tok {
		case token.EOF:
			last := open[len(open)-1]
			return last.pos, last.tok
		case token.LBRACE, token.LBRACK, token.LPAREN:
			open = append(open, bracket{pos, tok})
		case token.RBRACE, token.RBRACK, token.RPAREN:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		}
	}
}
