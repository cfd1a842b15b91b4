package krm

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// The functionConfig.
const (
	configVersion = "npgen.dev/v1alpha1"
	configKind    = "PolicyPackage"
)

// Config is the functionConfig: where the packages are, and how strict to be about them.
type Config struct {
	// Name is metadata.name; it may be empty.
	Name string
	// Package is the text of a package that is written into the configuration, Paths packages by their path, as on the
	// command line. Just one of the two is given.
	Package string
	Paths   []string
	// Places are where the paths stand.
	Places []diag.Pos
	// Tags set `@tag` and `@if` of the packages, as `-t` does.
	Tags []string
	// Cluster is the one whose packages are read, "" is all.
	Cluster string
	// Strict makes a warning fail as an error does.
	Strict bool
	// path is the file that the orchestrator read the configuration from, where it says so.
	path string
	node *yaml.Node
}

// Inline reports whether the package is written into the configuration.
func (c *Config) Inline() bool { return len(c.Paths) == 0 }

// File is the name of an inline package in findings.
func (c *Config) File() string {
	if c.Name == "" {
		return configKind + "/spec.package"
	}
	return configKind + "/" + c.Name + "/spec.package"
}

const example = "write `apiVersion: " + configVersion + "`, `kind: " + configKind + "` and `spec: {paths: [policy]}` or `spec: {package: \"...\"}`"

// configReader reports what is wrong with a configuration.
type configReader struct {
	findings diag.List
	path     string
}

func readConfig(root *yaml.Node) (*Config, diag.List) {
	var r configReader
	node := value(root, "functionConfig")
	if node == nil || isNull(node) {
		r.findings.Errorf(diag.MissingField, at(root), "the ResourceList has no `functionConfig`").WithHelp(example)
		return nil, r.findings
	}
	r.path = pathOf(node)
	c := &Config{path: r.path, node: node, Name: scalar(value(value(node, "metadata"), "name"))}
	if !r.isObject(node, "functionConfig") {
		return nil, r.findings
	}
	version, kind := value(node, "apiVersion"), value(node, "kind")
	switch {
	case scalar(kind) != configKind:
		r.findings.Errorf(diag.InvalidValue, r.at(node, kind), "the functionConfig is of kind `%s`, not `%s`", scalar(kind), configKind).WithHelp(example)
		return nil, r.findings
	case scalar(version) != configVersion:
		r.findings.Errorf(diag.InvalidValue, r.at(node, version), "`%s` is no version of `%s`", scalar(version), configKind).
			WithHelp("write `apiVersion: %s`", configVersion)
		return nil, r.findings
	}
	r.known(node, "the functionConfig", "apiVersion", "kind", "metadata", "spec")
	spec := value(node, "spec")
	if spec == nil {
		r.findings.Errorf(diag.MissingField, r.at(node, nil), "the functionConfig has no `spec`").WithHelp(example)
	} else if r.isObject(spec, "spec") {
		r.spec(c, spec, r.known(spec, "`spec`", "cluster", "package", "paths", "strict", "tags"))
	}
	if r.findings.Count(diag.Error) > 0 {
		return nil, r.findings
	}
	return c, nil
}

// spec reads the spec. Where it has a field that there is not, that is probably what is missing.
func (r *configReader) spec(c *Config, spec *yaml.Node, complete bool) {
	pkg, paths := value(spec, "package"), value(spec, "paths")
	switch {
	case pkg != nil && paths != nil:
		r.findings.Errorf(diag.InvalidValue, r.at(spec, paths), "`spec` has both `package` and `paths`").
			WithHelp("keep one; packages in files are linked with each other when `paths` names them all")
	case pkg == nil && paths == nil && !complete:
	case pkg == nil && paths == nil:
		r.findings.Errorf(diag.MissingField, r.at(spec, nil), "`spec` has neither `package` nor `paths`").
			WithHelp("write the package itself as `package: |`, or where it is as `paths: [policy]`")
	case pkg != nil && (pkg.Kind != yaml.ScalarNode || pkg.ShortTag() != "!!str"):
		r.findings.Errorf(diag.WrongType, r.at(spec, pkg), "`spec.package` must be the text of a package").
			WithHelp("write `package: |` and the CUE below it, further to the right")
	case pkg != nil:
		c.Package = pkg.Value
	default:
		c.Paths, c.Places = r.paths(spec, paths)
	}
	if tags := value(spec, "tags"); tags != nil && (tags.Decode(&c.Tags) != nil || slices.Contains(c.Tags, "")) {
		r.findings.Errorf(diag.WrongType, r.at(spec, tags), "`spec.tags` must be a list of texts").WithHelp("write `tags: [env=stage]`")
	}
	if cluster := value(spec, "cluster"); cluster != nil {
		if c.Cluster = scalar(cluster); cluster.ShortTag() != "!!str" || !graph.IsName(c.Cluster) {
			r.findings.Errorf(diag.InvalidValue, r.at(spec, cluster), "`spec.cluster` must be the name of a cluster").WithHelp("write it as the packages do in `cluster: name`")
		}
	}
	strict := value(spec, "strict")
	if strict == nil {
		return
	}
	if strict.Decode(&c.Strict) != nil || strict.ShortTag() != "!!bool" {
		r.findings.Errorf(diag.WrongType, r.at(spec, strict), "`spec.strict` must be true or false")
	}
}

func (r *configReader) paths(spec, paths *yaml.Node) (out []string, places []diag.Pos) {
	if paths.Kind != yaml.SequenceNode || len(paths.Content) == 0 {
		r.findings.Errorf(diag.WrongType, r.at(spec, paths), "`spec.paths` must be a list of folders or .cue files").
			WithHelp("write `paths: [policy]`")
		return nil, nil
	}
	for _, p := range paths.Content {
		p = target(p)
		switch path := scalar(p); {
		case path == "" || p.ShortTag() != "!!str":
			r.findings.Errorf(diag.WrongType, r.at(paths, p), "`spec.paths` must be a list of folders or .cue files").
				WithHelp("write `paths: [policy]`")
		case path == "-":
			r.findings.Errorf(diag.InvalidValue, r.at(paths, p), "`-` in `spec.paths` is standard input, which holds the ResourceList").
				WithHelp("write the package as `package: |`")
		default:
			out, places = append(out, path), append(places, r.at(paths, p))
		}
	}
	return out, places
}

// known reports fields that there are not, and whether there are none.
func (r *configReader) known(n *yaml.Node, what string, fields ...string) bool {
	before := len(r.findings)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if slices.Contains(fields, key.Value) {
			continue
		}
		finding := r.findings.Errorf(diag.UnknownField, r.at(n, key), "%s has no field `%s`", what, key.Value)
		near := diag.Nearest(key.Value, slices.Values(fields))
		switch {
		case slices.Contains(fields, "paths") && slices.Contains([]string{"path", "folder", "packages", "pkg"}, key.Value):
			finding.WithHelp("write `paths: [policy]`")
		case key.Value == "data" || slices.Contains([]string{"cluster", "package", "paths", "path", "strict", "tags"}, key.Value):
			finding.WithHelp("write it below `spec`")
		case near != "":
			finding.WithHelp("did you mean `%s`?", near)
		default:
			finding.WithHelp("it has `%s`", strings.Join(fields, "`, `"))
		}
	}
	return len(r.findings) == before
}

func (r *configReader) isObject(n *yaml.Node, what string) bool {
	if n.Kind != yaml.MappingNode {
		r.findings.Errorf(diag.WrongType, r.at(n, nil), "`%s` must be an object", what).WithHelp(example)
		return false
	}
	return true
}

// at returns the place of a node, or of the one around it where there is none. In a file of its own the lines are not
// those of standard input.
func (r *configReader) at(around, n *yaml.Node) diag.Pos {
	switch {
	case r.path != "":
		return diag.Pos{File: r.path}
	case n != nil:
		return at(n)
	}
	return at(around)
}
