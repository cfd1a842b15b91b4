package load

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/diag"
)

// What npgen reads at the most: CUE's parser and evaluator recurse, so that deep nesting would end the process, and
// take time that grows faster than the file. Real packages stay far below all of them.
const (
	maxFileSize = 8 << 20
	maxNesting  = 256
	// maxRun is the tokens of one expression, maxFaults what the scanner finds wrong.
	maxRun    = 10_000
	maxFaults = 100
)

// reader parses CUE files after it has seen that they can be parsed. It is safe for concurrent use.
type reader struct {
	pos    func(file string) string
	schema *language
	files  *files
	// overlay is the files that npgen lays over those on disk, stdin the text of standard input.
	overlay map[string]load.Source
	stdin   []byte
	// module is the folder of the module, replaced the folders that it names for others, looked those that were looked at.
	module   string
	replaced []string

	mu      sync.Mutex
	looked  map[string]bool
	refused diag.List
	sources map[string][]byte
	// tags are those that a package has.
	tags  map[string]bool
	parts map[string]read
}

// read is a file that was read: CUE asks for each several times.
type read struct {
	data    []byte
	err     error
	refused bool
}

func newReader(env Env, s Source, schema *language, root confine.Root, into *Result) *reader {
	return &reader{
		sources: into.sources, tags: into.tags, parts: map[string]read{}, schema: schema, files: newFiles(root),
		pos: func(file string) string { return displayName(env, s, file) },
	}
}

// parse is a load.Config.ParseFile.
func (r *reader) parse(name string, src any, cfg parser.Config) (*ast.File, error) {
	f := r.read(name, src)
	switch {
	case f.err != nil:
		return nil, f.err
	case f.refused:
		return &ast.File{Filename: name}, nil // so that the other files are looked at as well
	}
	file, err := parser.ParseFile(name, f.data, cfg)
	if file != nil && r.module != "" {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.imports(file); err != nil {
			return nil, err
		}
	}
	return file, err
}

// read reads a file and sees whether it can be parsed, once.
func (r *reader) read(name string, src any) read {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.parts[name]; ok {
		return f
	}
	var f read
	if f.data, f.err = r.bytes(name, src); f.err == nil {
		r.sources[r.pos(name)] = f.data
		if d := r.refuse(name, f.data); d != nil {
			r.refused = append(r.refused, *d)
			f.refused = true
		}
	}
	r.parts[name] = f
	return f
}

// keep keeps the text of a file for reports, and returns its start.
func (r *reader) keep(name string, data []byte) diag.Pos {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources[r.pos(name)] = data
	return diag.Pos{File: r.pos(name), Line: 1, Col: 1}
}

// bytes returns the text of a file as it is on disk. What CUE hands to its parser has been decoded: bytes that are no
// text are gone from it.
func (r *reader) bytes(name string, src any) ([]byte, error) {
	if isStdin(name) {
		return withoutMark(r.stdin), nil
	}
	if _, laid := r.overlay[name]; laid {
		switch src := src.(type) {
		case []byte:
			return src, nil
		case string:
			return []byte(src), nil
		case io.Reader:
			return io.ReadAll(src)
		}
	}
	data, err := r.files.text(name)
	return withoutMark(data), err
}

// withoutMark returns a text without the byte order mark that some editors put before it.
func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// refuse returns why a file is not to be parsed, if so.
func (r *reader) refuse(name string, data []byte) *diag.Diagnostic {
	var l diag.List
	at := func(line, col int) diag.Pos { return diag.Pos{File: r.pos(name), Line: line, Col: col} }
	if len(data) > maxFileSize {
		return l.Errorf(diag.TooLarge, at(1, 1), "the file has more than %d MiB", maxFileSize>>20).
			WithHelp("split the package into several files, or into several packages")
	}
	if i := notText(data); i >= 0 {
		line, col := lineCol(data, i)
		return l.Errorf(diag.NotText, at(line, col), "the file is not UTF-8 text: byte 0x%02x", data[i]).
			WithHelp("a policy package is CUE source in UTF-8")
	}
	if isShallow(data) {
		return nil
	}
	switch s := scan(name, data); s.end {
	case nestsDeep:
		return l.Errorf(diag.TooDeep, at(s.pos.Line(), s.pos.Column()), "the file nests deeper than %d levels", maxNesting).
			WithHelp("a policy needs a handful of levels; was the file generated?")
	case runsLong:
		return l.Errorf(diag.TooDeep, at(s.pos.Line(), s.pos.Column()), "an expression has more than %d parts", maxRun).
			WithHelp("write a list, or a comprehension; was the file generated?")
	case isFaulty:
		return l.Errorf(diag.CUESyntax, at(s.first.Line(), s.first.Column()), "%s, and %d more such faults", s.message, maxFaults).
			WithHelp("a policy package is CUE source; is this file something else?")
	}
	return nil
}

// notText returns the offset of the first byte that no UTF-8 text has, or -1.
func notText(data []byte) int {
	if utf8.Valid(data) {
		return bytes.IndexByte(data, 0)
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func lineCol(data []byte, offset int) (line, col int) {
	line = bytes.Count(data[:offset], []byte("\n")) + 1
	return line, offset - bytes.LastIndexByte(data[:offset], '\n')
}

// scanned is how far a file was read token by token, and why no further.
type scanned struct {
	end ending
	pos token.Pos
	// first and message are the first fault that the scanner found.
	first   token.Pos
	message string
	faults  int
}

type ending int

const (
	isWhole ending = iota
	nestsDeep
	runsLong
	isFaulty
)

// scan finds where a file nests deeper than maxNesting, has an expression longer than maxRun, or is no CUE at all.
func scan(name string, data []byte) scanned {
	var out scanned
	var s scanner.Scanner
	s.Init(token.NewFile(name, -1, len(data)), data, func(pos token.Pos, message string, args []any) {
		if out.faults++; out.faults == 1 {
			out.first, out.message = pos, quoted(fmt.Sprintf(message, args...))
		}
	}, 0)
	var n nesting
	for {
		pos, tok, _ := s.Scan()
		out.pos = pos
		if tok == token.EOF {
			return out
		}
		switch n.next(tok); {
		case n.isDeep():
			out.end = nestsDeep
		case n.isLong():
			out.end = runsLong
		case out.faults > maxFaults:
			out.end = isFaulty
		}
		if out.end != isWhole {
			return out
		}
		if n.endsInterpolation(tok) {
			if lit := s.ResumeInterpolation(); !endsOpen(lit) {
				n.interpolations = n.interpolations[:len(n.interpolations)-1]
			}
		}
	}
}

// nesting counts how deep a token stands.
type nesting struct {
	brackets int
	// chain is what nests without brackets since the last comma or bracket: `a: b: c:`, `!!!x`, `if x if y`.
	chain int
	// run is all tokens since the last comma: `a.b.c`, `a + b + c`, `a[0][0]`.
	run int
	// interpolations is the bracket depth around each open interpolation.
	interpolations []int
}

func (n *nesting) isDeep() bool { return n.brackets > maxNesting || n.chain > maxNesting }
func (n *nesting) isLong() bool { return n.run > maxRun }

func (n *nesting) next(tok token.Token) {
	n.run++
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		n.brackets++
		n.chain = 0
	case token.RPAREN, token.RBRACK, token.RBRACE:
		n.brackets--
		n.chain = 0
	case token.INTERPOLATION:
		n.interpolations = append(n.interpolations, n.brackets)
	case token.COMMA:
		n.chain, n.run = 0, 0
	case token.COLON, token.NOT, token.SUB, token.IF, token.FOR:
		n.chain++
	}
}

func (n *nesting) endsInterpolation(tok token.Token) bool {
	last := len(n.interpolations) - 1
	return tok == token.RPAREN && last >= 0 && n.brackets == n.interpolations[last]
}

func endsOpen(lit string) bool { return len(lit) > 0 && lit[len(lit)-1] == '(' }

// source returns the text of a file that was read.
func (r *reader) source(file string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if data, ok := r.sources[file]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("%s: not read", file)
}
