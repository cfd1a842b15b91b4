package load

import (
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/diag"
)

// translator brings what CUE says into findings at the user's own positions.
type translator struct {
	reader *reader
	// dir is the folder of the package.
	dir string
	// fallback is the package as the user named it, for what has no place in its files.
	fallback diag.Pos
	// files are the user's own; names how each is named in positions, empty for the schema's.
	files []*ast.File
	// tags are those that the user sets.
	tags []string
	// What the first finding needs is kept for the others: slips is what they are compared with, divided the lines of
	// files, unset the tags that were given no value.
	slips   []slip
	divided map[string][]string
	unset   []tag
	names   map[*token.File]string
	written index
}

// pos returns a position in the user's files; an unknown one for the schema's.
func (t *translator) pos(p token.Pos) diag.Pos {
	file := p.File()
	if file == nil {
		return diag.Pos{}
	}
	name, known := t.names[file]
	if !known {
		if t.names == nil {
			t.names = map[*token.File]string{}
		}
		if !ofSchema(p) {
			name = t.reader.pos(file.Name())
		}
		t.names[file] = name
	}
	if name == "" {
		return diag.Pos{}
	}
	at := p.Position()
	return diag.Pos{File: name, Line: at.Line, Col: at.Column}
}
