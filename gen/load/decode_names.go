package load

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// hosts reads names of hosts.
func (d *decoder) hosts(v node, near diag.Pos) []graph.Host {
	var out []graph.Host
	d.list(v, near, "`hosts`", "host names", func(v node) {
		s, ok := d.str(v, near, "a host")
		if !ok {
			return
		}
		host, err := graph.ParseHost(s)
		if d.syntax(err, d.at(v, near), "`hosts`") {
			out = append(out, host)
		}
	})
	if isEmptyList(v) {
		d.findings.Errorf(diag.InvalidValue, d.at(v, near), "`hosts` is an empty list").WithHelp("name at least one host")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// requests reads `http` of an edge.
func (d *decoder) requests(v node, near diag.Pos) []graph.Request {
	var out []graph.Request
	d.list(v, near, "`http`", "requests", func(v node) {
		var r graph.Request
		pos := d.at(v, near)
		d.structure(v, pos, "a request", fields{
			{"method", func(v node) {
				r.Method, _ = d.str(v, pos, "`method`")
				d.syntax(graph.CheckMethod(r.Method), d.at(v, pos), "`method`")
			}},
			{"path", func(v node) {
				s, _ := d.str(v, pos, "`path`")
				var err error
				r.Path, r.Below, err = graph.ParsePath(s)
				d.syntax(err, d.at(v, pos), "`path`")
			}},
			{"headers", func(v node) { r.Headers = d.headers(v, pos) }},
		})
		out = append(out, r)
	})
	if isEmptyList(v) {
		d.findings.Errorf(diag.InvalidValue, d.at(v, near), "`http` is an empty list, which would allow no request").
			WithHelp("name the requests, such as `http: [{method: \"GET\", path: \"/v1/*\"}]`, or remove `http`")
	}
	return graph.SortRequests(out)
}

func (d *decoder) headers(v node, near diag.Pos) []graph.Header {
	var out []graph.Header
	seen := map[string]string{}
	d.entries(v, near, "`headers`", func(name string, v node) {
		value, ok := d.str(v, near, "the header `"+name+"`")
		lower := strings.ToLower(name)
		if !ok || !d.syntax(graph.CheckHeader(name, value), d.at(v, near), "`headers`") {
			return
		}
		if other, twice := seen[lower]; twice {
			d.findings.Errorf(diag.InvalidValue, d.at(v, near), "the headers `%s` and `%s` are one: names of headers are not told apart by case", other, name).WithHelp("remove one of them")
			return
		}
		seen[lower] = name
		out = append(out, graph.Header{Name: lower, Value: value})
	})
	slices.SortFunc(out, func(a, b graph.Header) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// targetKnows refuses host names and requests where the target of the package knows none.
func (d *decoder) targetKnows(p *graph.Package) {
	if p.Output.Staged.Value && p.Output.Target != graph.Kubernetes {
		d.findings.Errorf(diag.Unsupported, p.Output.Staged.Pos, "`staged: \"calico\"` is a dry run of NetworkPolicies, and the target is `%s`", p.Output.Target).
			WithHelp("remove `staged`, or write `target: \"%s\"`", graph.Kubernetes)
	}
	if p.Output.Target == graph.Cilium {
		return
	}
	for _, x := range p.Externals {
		if x.Hosts != nil {
			d.findings.Errorf(diag.Unsupported, x.HostsPos, "`hosts` needs a target that knows host names, and `%s` NetworkPolicies know addresses only", p.Output.Target).
				WithHelp("give the addresses as `cidrs`, or write `output: target: \"%s\"`", graph.Cilium)
		}
	}
	for _, list := range [][]*graph.EdgeDecl{p.Allow, p.Forbid, p.Grant.Edges, p.Tests.Allow, p.Tests.Deny} {
		for _, e := range list {
			if e.HTTP != nil {
				d.findings.Errorf(diag.Unsupported, e.HTTPPos, "`http` needs a target that knows requests, and `%s` NetworkPolicies know addresses and ports only: `%s`", p.Output.Target, e.Text).
					WithHelp("remove `http` to allow the port as a whole, or write `output: target: \"%s\"`", graph.Cilium)
			}
			if e.Hosts != nil {
				d.findings.Errorf(diag.Unsupported, e.Hosts.HostsPos, "`hosts` needs a target that knows host names, and `%s` NetworkPolicies know addresses and ports only: `%s`", p.Output.Target, e.Text).
					WithHelp("name addresses in `to`, or write `output: target: \"%s\"`", graph.Cilium)
			}
		}
	}
}
