// Package load reads policy packages: CUE source in, declared packages out, each element with its position.
//
// In: a folder, a file or standard input. Out: a graph.Package, its types and texts checked, its names not yet
// resolved. It refuses what is not CUE, what the schema does not have, and values that are not concrete; every fault
// is a finding at the user's own file:line:col. It writes nothing.
package load

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/confine"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/ignore"
)

// Env is what a load takes from its surroundings.
type Env struct {
	// Dir is the working folder, an absolute path.
	Dir string
	// Root, if any, is not left, whatever the paths are; without, each path has its own (confine.Around).
	Root  *confine.Root
	Stdin io.Reader
	// Tags set CUE's `@tag` and `@if` of the packages that are named, as `key=value` or `name`.
	Tags []string
	// AnyTags is set where another input may have those that the packages do not have.
	AnyTags bool
	// Cluster picks the packages of one cluster; "" is all. OrUnnamed takes those that name no cluster all the same, and
	// has it that there may be none, as another input may have them.
	Cluster   string
	OrUnnamed bool
	// Progress, if any, is told what the work is busy with, in a few words.
	Progress func(stage string)
	// Run is the run that the work is part of, if any.
	Run *budget.Run
	// Limits is what the work may take on.
	Limits budget.Limits
}

// Stage says what the work is busy with from now on.
func (e Env) Stage(stage string) {
	if e.Progress != nil {
		e.Progress(stage)
	}
}

// root returns what reading a package does not leave.
func (e Env) root(s Source) (confine.Root, error) {
	switch {
	case e.Root != nil:
		return *e.Root, nil
	case s.Path == "-":
		return confine.Working(absolute(e.Dir, "."))
	}
	named := cmp.Or(s.Named, s.Path)
	root, err := confine.Around(absolute(e.Dir, named))
	if err != nil {
		return root, pathError(named, err)
	}
	return root, nil
}

// Result is what was read.
type Result struct {
	Packages []*graph.Package
	Findings diag.List
	// Comments is those by which the user takes findings out of reports.
	Comments []ignore.Comment
	sources  map[string][]byte
	// UnknownTags is those of Env that no package has, where all could be read.
	UnknownTags []string
	// tags are those that one has.
	tags map[string]bool
}

// Source returns the text of a file that a finding names.
func (r *Result) Source(file string) ([]byte, error) {
	if data, ok := r.sources[file]; ok {
		return data, nil
	}
	return nil, os.ErrNotExist
}

// Packages reads policy packages. An error is trouble with the machine; what is wrong with the packages is in the
// findings. A folder that a pattern found and that sets no field of the language is a library and is left out.
func Packages(env Env, sources []Source) (*Result, error) {
	out := &Result{sources: map[string][]byte{}, tags: map[string]bool{}}
	schema := readSchema()
	var picked []Source
	var named clusters
	for _, s := range out.dropBases(env, sources) {
		root, err := env.root(s)
		if err != nil {
			return nil, err
		}
		r := newReader(env, s, schema, root, out)
		p, findings, err := loadPackage(env, s, r)
		if err != nil {
			return nil, err
		}
		if p != nil && !p.empty && !named.add(env, p.Package, findings) {
			continue
		}
		picked = append(picked, s)
		out.Findings = append(out.Findings, findings...)
		switch {
		case p != nil && !p.empty:
			out.Packages = append(out.Packages, p.Package)
		case p != nil && !s.Found:
			out.Findings.Errorf(diag.EmptyPackage, packagePos(s), "the package sets no field of the policy language").
				WithHelp("start with `npgen init`, or write at least `namespace: \"...\"`")
		}
	}
	out.comments(picked)
	out.UnknownTags = out.unknownTags(env)
	if !env.AnyTags {
		out.Findings = append(out.Findings, NoSuchTags(out.UnknownTags)...)
	}
	if out.Findings.Count(diag.Error) == 0 {
		if err := named.lacks(env); err != nil {
			return nil, err
		}
		named.mixed(&out.Findings)
	}
	if len(out.Packages) == 0 && len(named.first) == 0 && out.Findings.Count(diag.Error) == 0 {
		message := "no policy package found: no folder has CUE files"
		if len(sources) > 0 {
			message = "no policy package found: no folder sets a field of the policy language"
		}
		out.Findings.Errorf(diag.EmptyPackage, diag.Pos{}, "%s", message).
			WithHelp("start one with `npgen init`")
	}
	return out, nil
}

// comments collects those of all files that were read. What lies in no folder that was named may be read by others.
func (r *Result) comments(sources []Source) {
	own := map[string]bool{}
	for _, s := range sources {
		own[packagePos(s).File] = true
	}
	for _, file := range slices.Sorted(maps.Keys(r.sources)) {
		for _, c := range ignore.InCUE(file, r.sources[file]) {
			c.Shared = !own[file] && !own[path.Dir(file)]
			r.Comments = append(r.Comments, c)
		}
	}
}

func displayName(env Env, s Source, file string) string {
	if isStdin(file) {
		return packagePos(s).File
	}
	return filepath.ToSlash(env.Display(file))
}

// loadPackage reads one package; a nil package says that the findings tell why there is none.
func loadPackage(env Env, s Source, r *reader) (*decoded, diag.List, error) {
	defer env.Run.Evaluate(packagePos(s).File)()
	a := attempt{env: env, source: s, reader: r}
	p, findings, err := a.read(true)
	if a.doubtful {
		a = attempt{env: env, source: s, reader: r}
		p, findings, err = a.read(false)
	}
	if err == nil {
		err = r.files.refusal(r.pos)
	}
	return p, findings, err
}

// attempt is one reading of a package.
type attempt struct {
	env    Env
	source Source
	reader *reader
	// lifted is nil where no literals were.
	lifted *lifted
	// doubtful says that a short cut was taken and not everything was fine: what was read is of no use.
	doubtful bool
}

// read reads and evaluates the package: with short cuts, which leave out the module where nothing is imported (alone)
// and the literals that can be lifted, or as CUE does it.
func (a *attempt) read(short bool) (p *decoded, findings diag.List, err error) {
	s, r := a.source, a.reader
	defer func() {
		if x := recover(); x != nil {
			p, err = nil, nil
			findings.Errorf(diag.CUEConflict, packagePos(s), "the CUE evaluator failed on this package: %v", x).
				WithHelp("this is a fault in npgen or CUE; please report it with the package")
		}
	}()
	inst, findings, err := instance(a.env, s, r, short)
	if err != nil || inst == nil || findings.Count(diag.Error) > 0 {
		return nil, findings, err
	}
	own, cueName := inst.Files, inst.PkgName
	added := r.schema.defaults(cueName)
	if short {
		a.lifted = lift(inst, added)
		a.doubtful = true // until all is well
	}
	if err := inst.AddSyntax(added); err != nil {
		return nil, nil, fmt.Errorf("the embedded schema: %w", err)
	}
	v := cuecontext.New().BuildInstance(inst)
	if !v.Exists() && v.Err() == nil {
		return nil, nil, fmt.Errorf("%s: CUE built nothing", s.Path)
	}
	t := &translator{reader: r, dir: a.env.Dir, fallback: packagePos(s), files: own, tags: a.env.Tags}
	evaluated := t.errors(v.Validate(cue.Concrete(true)))
	d := &decoder{translator: t}
	p = d.decode(s, cueName, node{cue: v, lifted: a.lifted})
	a.doubtful = short && (len(evaluated)+len(d.findings) > 0 || a.lifted != nil && *a.lifted.odd)
	if p.empty && s.Found {
		return p, nil, nil // a library may hold what it likes
	}
	findings = append(withoutDoubles(append(findings, evaluated...), d.findings), d.findings...)
	if findings.Count(diag.Error) > 0 {
		p.empty = false
	}
	return p, findings, nil
}

// withoutDoubles leaves out CUE's word on a field that is not allowed where the decoder says it better.
func withoutDoubles(ofCUE, ofDecoder diag.List) diag.List {
	known := map[diag.Pos]bool{}
	for _, f := range ofDecoder {
		if f.Rule == diag.UnknownField || f.Rule == diag.InvalidName {
			known[f.Pos] = true
		}
	}
	return slices.DeleteFunc(ofCUE, func(f diag.Diagnostic) bool {
		return known[f.Pos] && (strings.HasSuffix(f.Message, "field not allowed") || f.Rule == diag.CUEIncomplete)
	})
}

// instance reads and parses the files of a package, and what they import. An error says that a file cannot be read.
func instance(env Env, s Source, r *reader, short bool) (_ *build.Instance, findings diag.List, err error) {
	dir, arg := absolute(env.Dir, s.Path), "."
	if s.Path == "-" {
		dir, arg = env.Dir, "-"
	} else if filepath.Ext(s.Path) == ".cue" && !isDir(dir) {
		dir, arg = filepath.Dir(dir), dir
	}
	if arg == "-" && r.stdin == nil {
		if r.stdin, err = io.ReadAll(io.LimitReader(env.Stdin, maxFileSize+1)); err != nil {
			return nil, nil, fmt.Errorf("standard input: %w", err)
		}
	}
	root := moduleRoot(dir)
	if _, err := r.files.root.Stat(root); err != nil {
		root = "" // it has no say in what lies in the root of a revision
	}
	findings = staleSchema(root, r)
	r.overlay = map[string]load.Source{}
	if root != "" {
		if err := layModule(root, r); err != nil {
			return nil, nil, err
		}
	}
	if short {
		if inst := alone(root, dir, arg, r); inst != nil {
			return inst, findings, nil
		}
	}
	if arg == "." {
		if err := readableFolder(r, root, dir); err != nil {
			return nil, nil, err
		}
	}
	root = laySchema(root, dir, r)
	r.module, r.looked = root, map[string]bool{}
	cfg := &load.Config{Dir: dir, ModuleRoot: root, Overlay: r.overlay, ParseFile: r.parse, Stdin: bytes.NewReader(r.stdin), Registry: noRegistry{}}
	inst := tagged(arg, cfg, env.Tags, r)
	if err := r.files.refusal(r.pos); err != nil {
		return nil, nil, err
	}
	if len(r.refused) > 0 {
		return nil, append(findings, r.refused...), nil
	}
	t := &translator{reader: r, dir: dir, fallback: packagePos(s)}
	findings = append(findings, t.leftOut(inst, s)...)
	if inst.Err != nil {
		return nil, append(findings, t.loadErrors(inst.Err, s)...), nil
	}
	if inst.Module == "" {
		inst.Module, inst.Root = "npgen.invalid/policy", root
	}
	letEmbed(inst, r.files, dir)
	return inst, findings, nil
}

// alone reads and parses the files of a package without the embedded schema, and without a module where there is none:
// both are for imports and attributes only, and cost more than a small package. It returns nil where a file may have
// either, or where anything is not as it should be, for instance to read.
func alone(root, dir, arg string, r *reader) *build.Instance {
	if arg == "." && !onlyFiles(root, dir) {
		return nil
	}
	linked := false
	cfg := &load.Config{
		Dir: dir, ModuleRoot: cmp.Or(root, dir), SkipImports: true, Overlay: r.overlay, Stdin: bytes.NewReader(r.stdin),
		ParseFile: func(name string, src any, cfg parser.Config) (*ast.File, error) {
			text := r.read(name, src).data
			linked = linked || bytes.IndexByte(text, '@') >= 0 || bytes.Contains(text, []byte("import"))
			if linked {
				return &ast.File{Filename: name}, nil
			}
			return r.parse(name, src, cfg)
		},
	}
	inst := load.Instances([]string{arg}, cfg)[0]
	if linked || inst.Err != nil || len(r.refused)+len(inst.IgnoredFiles)+len(inst.InvalidFiles) > 0 {
		return nil
	}
	return inst
}

// letEmbed has @embed read by way of the files, in a package and in those that it imports: from the folder of the file
// that it stands in, of standard input from the working folder. CUE gives a file that is named by itself no folder.
func letEmbed(inst *build.Instance, files *files, dir string) {
	for _, f := range inst.Files {
		if file := f.Pos().File(); file != nil {
			file.SetFSLoc(token.FSLoc{FS: files, Path: files.name(absolute(dir, f.Filename)), FromFSPath: files.path})
		}
	}
	for _, imported := range inst.Imports {
		letEmbed(imported, files, dir)
	}
}

// isStdin reports whether a file as CUE names it is standard input.
func isStdin(file string) bool { return filepath.Base(file) == "-" }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
