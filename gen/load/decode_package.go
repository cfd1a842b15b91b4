package load

import (
	"cmp"
	"slices"

	"cuelang.org/go/cue"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// decode reads the top level of a package.
func (d *decoder) decode(s Source, cueName string, v node) *decoded {
	p := &decoded{Package: &graph.Package{Path: s.Path, CUEName: cueName, Pos: packagePos(s)}}
	near := p.Pos
	p.InternetCIDRs, p.InternetExcept = slices.Clone(d.reader.schema.cidrs), slices.Clone(d.reader.schema.except)
	var dns, output node
	d.structure(v, near, "a policy package", fields{
		{"cluster", func(v node) { p.Cluster = d.cluster(v, near) }},
		{"namespace", func(v node) { p.Namespace = d.defaultNamespace(v, near) }},
		{"namespaces", func(v node) {
			d.entries(v, near, "`namespaces`", func(name string, v node) { p.Namespaces = d.namespace(p.Namespaces, name, v) })
		}},
		{"workloads", func(v node) {
			d.entries(v, near, "`workloads`", func(name string, v node) { p.Workloads = d.workload(p.Workloads, name, v) })
		}},
		{"external", func(v node) {
			d.entries(v, near, "`external`", func(name string, v node) { p.Externals = d.external(p.Externals, name, v) })
		}},
		{"groups", func(v node) {
			d.entries(v, near, "`groups`", func(name string, v node) { p.Groups = d.group(p.Groups, name, v) })
		}},
		{"allow", func(v node) { p.Allow = d.allow(v, near) }},
		{"forbid", func(v node) { p.Forbid = d.edges(v, near, "`forbid`") }},
		{"grant", func(v node) { p.Grant = d.grant(v, near) }},
		{"isolate", func(v node) { p.Isolate = d.isolation(v, diag.Pos{}, "`isolate`") }},
		{"deny", func(v node) { p.Deny = d.deny(v, diag.Pos{}, "`deny`") }},
		{"dns", func(v node) { dns = v }},
		{"apiserver", func(v node) { p.APIServer = d.apiserver(v, near) }},
		{"internet", func(v node) { p.Internet = d.internet(v, near, p.InternetCIDRs) }},
		{"tests", func(v node) { p.Tests = d.tests(v, near) }},
		{"output", func(v node) { output = v }},
	})
	p.empty = len(p.Allow) == 0 && d.setsNothing(v)
	p.DNS = d.dns(dns, near)
	p.Output = d.output(output, near, p)
	d.targetKnows(p.Package)
	return p
}

// setsNothing reports whether the user's files write no field of the language, whatever the schema adds.
func (d *decoder) setsNothing(v node) bool {
	fields, err := v.fields()
	if err != nil {
		return false
	}
	for name, v := range fields {
		switch name {
		case "isolate", "deny", "dns", "output", "cluster":
			if !d.at(v, diag.Pos{}).IsValid() {
				continue
			}
		case "namespace", "namespaces", "workloads", "external", "groups", "allow", "forbid", "grant", "apiserver", "internet", "tests":
		default:
			continue
		}
		return false
	}
	return true
}

func (d *decoder) isolation(v node, near diag.Pos, what string) graph.Isolation {
	words := []string{"both", "ingress", "egress", "none"}
	meanings := map[string]graph.Directions{"both": graph.Both, "ingress": graph.Ingress, "egress": graph.Egress}
	s, ok := d.word(v, near, what, words...)
	if !ok {
		return graph.Isolation{Directions: graph.Both}
	}
	return graph.Isolation{Directions: meanings[s], Set: true, Pos: d.at(v, near)}
}

func (d *decoder) deny(v node, near diag.Pos, what string) graph.Text {
	if value(v).IncompleteKind() == cue.ListKind {
		d.findings.Errorf(diag.InvalidValue, d.at(v, near), "%s is how namespaces are denied, `namespace` or `workload`, not a list", what).
			WithHelp("what no edge declares is denied; a list of flows that must stay so is `forbid: [...]`")
		return graph.Text{}
	}
	s, _ := d.word(v, near, what, "namespace", "workload")
	return graph.Text{Value: s, Pos: d.at(v, near)}
}

// defaultNamespace reads the field `namespace`. Where it is broken, a stand-in keeps the names that depend on it from
// being reported as well.
func (d *decoder) defaultNamespace(v node, near diag.Pos) graph.Text {
	t := d.namespaceName(v, near, "`namespace`")
	if t.IsSet() {
		return t
	}
	s, _ := value(v).str()
	return graph.Text{Value: cmp.Or(likelyName(s), "unknown"), Pos: d.at(v, near)}
}

// allow is one list, or lists by topic.
func (d *decoder) allow(v node, near diag.Pos) []*graph.EdgeDecl {
	v = value(v)
	if v.IncompleteKind() != cue.StructKind {
		return d.edges(v, near, "`allow`")
	}
	var out []*graph.EdgeDecl
	if from := value(v.field("from")); from.Exists() && from.IncompleteKind() != cue.ListKind {
		d.wrongType(v, near, "`allow`", "a list of edges", "an edge stands in a list: `allow: [{from: ..., to: ...}]`")
		return nil
	}
	d.entries(v, near, "`allow`", func(topic string, v node) {
		out = append(out, d.edges(v, near, "`allow: "+topic+"`")...)
	})
	return out
}

// grant reads the field `grant`; that it is there says something, also where it is empty.
func (d *decoder) grant(v node, near diag.Pos) graph.GrantDecl {
	return graph.GrantDecl{Edges: d.edges(v, near, "`grant`"), Set: true, Pos: d.at(v, near)}
}

func (d *decoder) apiserver(v node, near diag.Pos) *graph.APIServerDecl {
	out := &graph.APIServerDecl{Pos: d.at(v, near)}
	cidrs, ports := false, false
	known := d.structure(v, near, "`apiserver`", fields{
		{"cidrs", func(v node) {
			cidrs = !isEmptyList(v)
			out.CIDRs = d.cidrs(v, out.Pos, "`apiserver: cidrs`", graph.ParseCIDR)
		}},
		{"ports", func(v node) {
			ports = !isEmptyList(v)
			d.list(v, out.Pos, "`apiserver: ports`", "ports", func(v node) {
				if port, ok := d.port(v, out.Pos, "a port of `apiserver`"); ok {
					out.Ports = append(out.Ports, port)
				}
			})
		}},
	})
	if known && !cidrs {
		d.missing(out.Pos, "`apiserver`", "cidrs", "[\"10.0.0.1/32\"]")
	}
	if known && !ports {
		d.missing(out.Pos, "`apiserver`", "ports", "[6443]")
	}
	return out
}

func (d *decoder) missing(pos diag.Pos, what, field, example string) {
	d.findings.Errorf(diag.MissingField, pos, "%s needs `%s`", what, field).WithHelp("write `%s: %s`", field, example)
}

func (d *decoder) tests(v node, near diag.Pos) graph.Tests {
	var out graph.Tests
	near = d.at(v, near)
	d.structure(v, near, "`tests`", fields{
		{"allow", func(v node) { out.Allow = d.edges(v, near, "`tests: allow`") }},
		{"deny", func(v node) { out.Deny = d.edges(v, near, "`tests: deny`") }},
		{"peers", func(v node) {
			d.entries(v, near, "`tests: peers`", func(name string, v node) {
				if t := d.testPeer(name, v, near); t != nil {
					out.Peers = append(out.Peers, t)
				}
			})
		}},
	})
	return out
}

func (d *decoder) testPeer(name string, v node, near diag.Pos) *graph.TestPeer {
	pos := d.label(v, near)
	t := &graph.TestPeer{Name: graph.Text{Value: name, Pos: pos}}
	if !d.checkName(name, pos, "a test peer") {
		return nil
	}
	labels := false
	known := d.structure(v, pos, "the test peer `"+name+"`", fields{
		{"namespace", func(v node) { t.Namespace = d.namespaceName(v, pos, "`namespace`") }},
		{"labels", func(v node) { labels = true; t.Labels = d.labels(v, pos) }},
	})
	if known && !labels {
		d.missing(pos, "the test peer `"+name+"`", "labels", "{app: \"x\"}")
	}
	return t
}
