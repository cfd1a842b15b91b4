package load

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/catalog"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/schema"
)

const (
	defaultsFile = "npgen-schema.cue"
	policyFile   = "policy.cue"
	dnsFile      = "dns.cue"
	cniFile      = "cni.cue"
)

// vendored is where CUE looks for the schema in a module that has no dependency on it.
var vendored = filepath.Join("cue.mod", "pkg", filepath.FromSlash(schema.ImportPath))

// vendoredCatalog is where it looks for the catalog.
var vendoredCatalog = filepath.Join("cue.mod", "pkg", filepath.FromSlash(catalog.ImportPath), catalog.FileName)

// ofSchema reports whether a position lies in the schema, by whichever way it came to the package.
func ofSchema(p token.Pos) bool {
	return p.Filename() == defaultsFile || strings.Contains(filepath.ToSlash(p.Filename()), "cue.mod/pkg/"+schema.ImportPath+"/")
}

// inventedModule is the module.cue of a package that is in no module, so that it can import the schema all the same.
// Its language is the newest, as it is for plain CUE without a module.
func inventedModule() string {
	return fmt.Sprintf("module: \"npgen.invalid/policy\"\nlanguage: version: %q\n", cue.LanguageVersion())
}

// layModule lays the files that describe a module over themselves, as npgen reads them.
func layModule(root string, r *reader) error {
	for _, path := range []string{moduleFile(root), localModuleFile(root)} {
		data, err := r.files.text(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return pathError(r.pos(path), err)
		}
		if path == localModuleFile(root) {
			r.replaced = replacements(root, data)
		} else if text := withoutSchema(path, data); text != nil {
			data = text
		}
		r.overlay[path] = load.FromBytes(data)
	}
	return nil
}

// laySchema lays the embedded schema over the module's cue.mod/pkg, and gives a folder without a module one that exists
// in memory alone. It returns the folder of the module.
func laySchema(root, dir string, r *reader) string {
	if root == "" {
		root = dir
		r.overlay[moduleFile(root)] = load.FromString(inventedModule())
	}
	for _, f := range schemaFiles() {
		path := filepath.Join(root, vendored, f.name)
		r.overlay[path] = load.FromBytes(f.data)
		if f.name == policyFile {
			r.overlay[path] = load.FromFile(r.schema.open())
		}
	}
	r.overlay[filepath.Join(root, vendoredCatalog)] = load.FromBytes(catalog.File)
	return root
}

// staleSchema finds what a module has in the place of the schema and is not the embedded one, which counts.
func staleSchema(root string, r *reader) diag.List {
	var out diag.List
	folder := filepath.Join(root, vendored)
	if root == "" || !isDir(folder) {
		return nil
	}
	for _, f := range schemaFiles() {
		path := filepath.Join(folder, f.name)
		if disk, err := r.files.text(path); err == nil && !bytes.Equal(normalised(disk), f.data) {
			out.Warnf(diag.StaleSchema, r.keep(path, disk), "this copy of the schema is not the one of this npgen, which counts").
				WithHelp("write it anew with `npgen init --editor`")
		}
	}
	for _, extra := range extraFiles(r, folder) {
		data, _ := r.files.text(extra)
		out.Errorf(diag.StaleSchema, r.keep(extra, data), "this file is not part of the schema of this npgen, and would change it").
			WithHelp("remove it; `npgen init --editor` writes the schema anew")
	}
	return out
}

func moduleFile(root string) string { return filepath.Join(root, "cue.mod", "module.cue") }

// withoutSchema returns the text of a module.cue without its dependency on npgen, where it has one. The schema comes
// with npgen, in the version of npgen: nothing is fetched, and no import is ambiguous.
func withoutSchema(path string, data []byte) []byte {
	file, err := parser.ParseFile(path, data)
	if err != nil {
		return nil // CUE reports it
	}
	module, _, _ := strings.Cut(schema.ImportPath, "/schema")
	found := false
	for _, d := range file.Decls {
		f, ok := d.(*ast.Field)
		deps, isStruct := (*ast.StructLit)(nil), false
		if ok && labelName(f.Label) == "deps" {
			deps, isStruct = f.Value.(*ast.StructLit)
		}
		if !isStruct {
			continue
		}
		deps.Elts = slices.DeleteFunc(deps.Elts, func(d ast.Decl) bool {
			dep, ok := d.(*ast.Field)
			if !ok {
				return false
			}
			name, _, _ := strings.Cut(labelName(dep.Label), "@")
			found = found || name == module
			return name == module
		})
	}
	if !found {
		return nil
	}
	text, err := format.Node(file)
	if err != nil {
		return nil
	}
	return text
}

// normalised returns a text with the line ends that git may have changed.
func normalised(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

func extraFiles(r *reader, folder string) []string {
	found, _ := r.files.ReadDir(r.files.name(folder))
	var out []string
	for _, e := range found {
		if _, err := fs.Stat(schema.Files, e.Name()); err != nil && isCUE(e) {
			out = append(out, filepath.Join(folder, e.Name()))
		}
	}
	return out
}

// moduleRoot returns the folder at or above dir that has cue.mod, or "".
func moduleRoot(dir string) string {
	for {
		if isDir(filepath.Join(dir, "cue.mod")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

type schemaFile struct {
	name string
	data []byte
}

func schemaFiles() []schemaFile {
	var out []schemaFile
	for _, name := range []string{cniFile, dnsFile, policyFile} {
		data, err := schema.Files.ReadFile(name)
		if err != nil {
			panic(err) // the file is embedded
		}
		out = append(out, schemaFile{name, data})
	}
	return out
}

// language is the embedded schema as a load needs it, read once for all packages of a build.
type language struct {
	// structs are the definitions that are structs; names those of all definitions, in their order.
	structs map[string]*ast.StructLit
	names   []string
	// cidrs and except are the peer `internet`.
	cidrs, except []netip.Prefix
	profiles      map[string]profile
	cnis          map[string]*graph.CNI
}

// profile is one entry of #DNSProfiles.
type profile struct {
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Ports     []int             `json:"ports"`
	CIDRs     []string          `json:"cidrs"`
}

// readSchema reads the embedded schema.
func readSchema() *language {
	out := &language{structs: map[string]*ast.StructLit{}}
	files := map[string][]byte{}
	for _, f := range schemaFiles() {
		files[f.name] = f.data
	}
	file, err := parser.ParseFile(defaultsFile, files[policyFile])
	if err != nil {
		panic(err) // the file is embedded and tested
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.Field); ok {
			out.names = append(out.names, labelName(f.Label))
			if s, ok := f.Value.(*ast.StructLit); ok {
				out.structs[labelName(f.Label)] = s
			}
		}
	}
	data := cuecontext.New().CompileBytes(files[dnsFile])
	cnis := data.Context().CompileBytes(files[cniFile])
	read := func(data cue.Value, path string, into any) {
		if err := data.LookupPath(cue.ParsePath(path)).Decode(into); err != nil {
			panic(err) // the data is embedded and tested
		}
	}
	var internet struct{ CIDRs, Except []string }
	read(data, "#Internet", &internet)
	read(data, "#DNSProfiles", &out.profiles)
	read(cnis, "#CNIProfiles", &out.cnis)
	for _, c := range internet.CIDRs {
		out.cidrs = append(out.cidrs, netip.MustParsePrefix(c))
	}
	for _, c := range internet.Except {
		out.except = append(out.except, netip.MustParsePrefix(c))
	}
	return out
}

// defaults returns what the schema adds to a package before it is evaluated: a field for each default that is a
// single word, such as isolate: *"both" | _. The rest of the schema is checked in Go over the evaluated package, which
// knows the user's positions and words; TestSchemaAgrees holds the two against each other.
//
// Other files can refer to its fields, as in `if deny == "workload"`, since it has a package clause.
func (l *language) defaults(packageName string) *ast.File {
	clause := &ast.Package{Name: ast.NewIdent(cmp.Or(packageName, "policy"))}
	return &ast.File{Filename: defaultsFile, Decls: append([]ast.Decl{clause}, defaultFields(l.structs["#Policy"], l.structs)...)}
}

// open returns the schema as npgen itself reads it where a package imports it: its definitions with their
// defaults, open to everything, so that a package has the same findings with the import and without.
func (l *language) open() *ast.File {
	file := &ast.File{Decls: []ast.Decl{&ast.Package{Name: ast.NewIdent("schema")}}}
	for _, name := range l.names {
		var value ast.Expr = ast.NewIdent("_")
		if s := l.structs[name]; s != nil {
			value = &ast.StructLit{Lbrace: s.Lbrace, Elts: append(defaultFields(s, l.structs), &ast.Ellipsis{})}
		}
		file.Decls = append(file.Decls, &ast.Field{Label: ast.NewIdent(name), Value: value})
	}
	return file
}

func defaultFields(s *ast.StructLit, definitions map[string]*ast.StructLit) []ast.Decl {
	var out []ast.Decl
	for _, elt := range s.Elts {
		f, ok := elt.(*ast.Field)
		if !ok || f.Constraint != token.ILLEGAL {
			continue
		}
		var value ast.Expr
		switch x := f.Value.(type) {
		case *ast.BinaryExpr:
			if word := markedWord(x); word != nil {
				value = ast.NewBinExpr(token.OR, &ast.UnaryExpr{Op: token.MUL, X: word}, ast.NewIdent("_"))
			}
		case *ast.Ident:
			if d := definitions[x.Name]; d != nil {
				if inner := defaultFields(d, definitions); len(inner) > 0 {
					value = &ast.StructLit{Lbrace: d.Lbrace, Elts: inner}
				}
			}
		}
		if value != nil {
			out = append(out, &ast.Field{Label: ast.NewIdent(labelName(f.Label)), Value: value})
		}
	}
	return out
}

// markedWord returns the default of a disjunction where it is a literal.
func markedWord(x ast.Expr) ast.Expr {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if w := markedWord(x.X); w != nil {
			return w
		}
		return markedWord(x.Y)
	case *ast.UnaryExpr:
		if lit, ok := x.X.(*ast.BasicLit); ok && x.Op == token.MUL {
			return &ast.BasicLit{ValuePos: lit.ValuePos, Kind: lit.Kind, Value: lit.Value}
		}
	}
	return nil
}

func labelName(l ast.Label) string {
	name, _, err := ast.LabelName(l)
	if err != nil {
		return ""
	}
	return name
}
