package load

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// checkName checks a DNS-1123 label (RFC 1123; Kubernetes documentation, Object Names and IDs).
func (d *decoder) checkName(name string, pos diag.Pos, kind string) bool {
	if graph.IsName(name) {
		return true
	}
	if name == "" {
		d.findings.Errorf(diag.InvalidName, pos, "the name of %s is empty", kind).WithHelp("give it a name, or remove it")
		return false
	}
	finding := d.findings.Errorf(diag.InvalidName, pos, "`%s` is not a name for %s", name, kind)
	if fixed := likelyName(name); fixed != "" {
		finding.WithHelp("write `%s`: a name has at most 63 lower-case letters, digits and dashes", fixed)
	} else {
		finding.WithHelp("a name has at most 63 lower-case letters, digits and dashes, and no dots")
	}
	return false
}

// likelyName returns a valid name close to an invalid one, if there is one.
func likelyName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return ""
	}
	fixed := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name), "-")
	if len(validation.IsDNS1123Label(fixed)) > 0 {
		return ""
	}
	return fixed
}

func (d *decoder) namespaceName(v node, near diag.Pos, what string) graph.Text {
	t := d.text(v, near, what)
	if v := value(v); !broken(v) && v.Kind() == cue.StringKind && !d.checkName(t.Value, t.Pos, "a namespace") {
		return graph.Text{}
	}
	return t
}

func (d *decoder) namespace(all []*graph.NamespaceDecl, name string, v node) []*graph.NamespaceDecl {
	pos := d.label(v, diag.Pos{})
	n := &graph.NamespaceDecl{Name: graph.Text{Value: name, Pos: pos}}
	ok := d.checkName(name, pos, "a namespace")
	var selector selectorFields
	owned := false
	d.structure(v, pos, "the namespace `"+name+"`", fields{
		{"owned", func(v node) { owned = true; n.Owned = d.boolean(v, pos, "`owned`") }},
		{"labels", func(v node) { selector.labels(d, v, pos) }},
		{"expressions", func(v node) { selector.expressions(d, v, pos) }},
		{"isolate", func(v node) { n.Isolate = d.isolation(v, pos, "`isolate`") }},
		{"deny", func(v node) { n.Deny = d.deny(v, pos, "`deny`") }},
		{"knownLabels", func(v node) { n.KnownLabels = d.knownLabels(v, pos) }},
	})
	n.Selector = selector.selector
	d.knownOfNamespace(n, owned)
	if !ok {
		return all
	}
	return append(all, n)
}

func (d *decoder) workload(all []*graph.WorkloadDecl, name string, v node) []*graph.WorkloadDecl {
	pos := d.label(v, diag.Pos{})
	w := &graph.WorkloadDecl{Name: graph.Text{Value: name, Pos: pos}}
	ok := d.workloadName(name, pos)
	var selector selectorFields
	known := d.structure(v, pos, "the workload `"+name+"`", fields{
		{"labels", func(v node) { selector.labels(d, v, pos) }},
		{"expressions", func(v node) { selector.expressions(d, v, pos) }},
		{"ports", func(v node) { w.Ports = d.ports(v, pos, "`ports`") }},
		{"isolate", func(v node) { w.Isolate = d.isolation(v, pos, "`isolate`") }},
		{"dns", func(v node) { w.DNS = d.boolean(v, pos, "`dns`") }},
		{"elsewhere", func(v node) { w.Elsewhere = d.boolean(v, pos, "`elsewhere`") }},
		{"hostNetwork", func(v node) { w.HostNetwork = d.boolean(v, pos, "`hostNetwork`") }},
		{"service", func(v node) { w.Service = d.service(v, pos) }},
		{"knownLabels", func(v node) { w.KnownLabels = d.knownLabels(v, pos) }},
	})
	if !known && len(w.Ports) == 0 {
		w.Ports = []graph.NamedPort{standIn("", pos)}
	}
	w.Selector = selector.selector
	if selector.broken {
		w.Selector, w.KnownLabels = nil, nil // so that no finding follows from the labels that are left
	} else if selector.empty() {
		d.findings.Errorf(diag.EmptySelector, w.Selector.Pos, "the selector of `%s` is empty, so it would select every pod of the namespace", name).
			WithHelp("give labels, or write `%s` in the edges where every pod of the namespace is meant", everyPod(name))
		w.Selector, w.KnownLabels = nil, nil // so that its name is known
	}
	if w.Service != nil {
		d.serviceTargets(w)
	}
	if !ok {
		return all
	}
	return append(all, w)
}

func everyPod(workload string) string {
	if ns, _, qualified := strings.Cut(workload, "/"); qualified {
		return ns + "/*"
	}
	return "*` or `ns/*"
}

func (d *decoder) workloadName(name string, pos diag.Pos) bool {
	ns, base, qualified := strings.Cut(name, "/")
	switch {
	case strings.Contains(name, "*"):
		d.findings.Errorf(diag.InvalidName, pos, "`%s` is not a name for a workload", name).
			WithHelp("edges may say `*`, `ns/*` and `*/*` without a declaration: remove the entry")
		return false
	case !qualified:
		return d.checkName(name, pos, "a workload")
	case ns == "" || base == "" || strings.Contains(base, "/"):
		d.findings.Errorf(diag.InvalidName, pos, "`%s` is not a name for a workload", name).
			WithHelp("write `name`, or `ns/name` for a workload of another namespace")
		return false
	}
	return d.checkName(ns, pos, "a namespace") && d.checkName(base, pos, "a workload")
}

// syntax reports an error of a text; it returns whether there was none.
func (d *decoder) syntax(err error, pos diag.Pos, what string) bool {
	if err == nil {
		return true
	}
	e, ok := err.(*graph.SyntaxError)
	if !ok {
		d.findings.Errorf(diag.InvalidValue, pos, "%s: %v", what, err)
		return false
	}
	rule := e.Rule
	if rule == diag.EdgeSyntax {
		rule = diag.InvalidPort
	}
	finding := d.findings.Errorf(rule, pos, "%s: %s", what, e.Message)
	if e.Help != "" {
		finding.WithHelp("%s", e.Help)
	}
	return false
}

func (d *decoder) service(v node, near diag.Pos) *graph.Service {
	s := &graph.Service{Pos: d.at(v, near)}
	d.structure(v, near, "`service`", fields{
		{"name", func(v node) {
			s.Name, _ = d.str(v, s.Pos, "`service: name`")
			if s.Name != "" {
				d.checkName(s.Name, d.at(v, s.Pos), "a Service")
			}
		}},
		{"ports", func(v node) {
			d.entries(v, s.Pos, "`service: ports`", func(name string, v node) {
				if sp, ok := d.servicePort(name, v, s.Pos); ok {
					s.Ports = append(s.Ports, sp)
				}
			})
		}},
	})
	slices.SortFunc(s.Ports, func(a, b graph.ServicePort) int {
		return cmp.Or(cmp.Compare(a.Port.Lo, b.Port.Lo), cmp.Compare(a.Port.Protocol, b.Port.Protocol))
	})
	return s
}

// servicePort reads one port of a Service. Both ends have one protocol (ServicePort.protocol), so that the end without
// one takes that of the other.
func (d *decoder) servicePort(name string, v node, near diag.Pos) (graph.ServicePort, bool) {
	sp := graph.ServicePort{Pos: d.at(v, near)}
	label, behind := d.label(v, near), "the pod port behind Service port `"+name+"`"
	var err error
	sp.Port, err = graph.ParsePort(name)
	ok := d.syntax(err, label, "the Service port `"+name+"`")
	target, fine := d.portToken(v, near, behind)
	if !ok || !fine {
		return sp, false
	}
	sp.Target = target
	if s, _ := value(v).str(); target.Name == "" && !strings.Contains(s, "/") {
		sp.Target.Protocol = sp.Port.Protocol
	} else if target.Name == "" && !strings.Contains(name, "/") {
		sp.Port.Protocol = sp.Target.Protocol
	}
	switch {
	case sp.Port.Lo != sp.Port.Hi:
		d.findings.Errorf(diag.InvalidPort, label, "the Service port `%s` is a range, and a Service has single ports", name).WithHelp("write each port: `\"%d\": ...`", sp.Port.Lo)
	case target.Lo != target.Hi:
		d.findings.Errorf(diag.InvalidPort, sp.Pos, "%s is a range, and a Service sends each port to one", behind).WithHelp("write the one pod port")
	case target.Name == "" && sp.Target.Protocol != sp.Port.Protocol:
		d.findings.Errorf(diag.InvalidPort, sp.Pos, "%s has another protocol: `%s`", behind, target).WithHelp("write `\"%s\"` for the Service port", graph.Port{Range: sp.Port.Range, Protocol: target.Protocol})
	default:
		return sp, true
	}
	return sp, false
}

// serviceTargets checks that the port names behind a Service are declared.
func (d *decoder) serviceTargets(w *graph.WorkloadDecl) {
	names := make([]string, len(w.Ports))
	for i, p := range w.Ports {
		names[i] = p.Name
	}
	for _, sp := range w.Service.Ports {
		if sp.Target.Name == "" || slices.Contains(names, sp.Target.Name) {
			continue
		}
		finding := d.findings.Errorf(diag.UnknownPortName, sp.Pos, "`%s` declares no port `%s`", w.Name.Value, sp.Target.Name)
		if near := diag.Nearest(sp.Target.Name, slices.Values(names)); near != "" {
			finding.WithHelp("did you mean `%s`?", near)
		} else {
			finding.WithHelp("declare it: `ports: \"%s\": 8080`, or write the number", sp.Target.Name)
		}
	}
}

func (d *decoder) external(all []*graph.External, name string, v node) []*graph.External {
	pos := d.label(v, diag.Pos{})
	x := &graph.External{Name: graph.Text{Value: name, Pos: pos}}
	ok := d.checkName(name, pos, "an external")
	cidrs, hosts := false, false
	known := d.structure(v, pos, "the external `"+name+"`", fields{
		{"cidrs", func(v node) { cidrs = true; x.CIDRs = d.cidrs(v, pos, "`cidrs`", graph.ParseCIDR) }},
		{"except", func(v node) { x.Except = d.cidrs(v, pos, "`except`", graph.ParseExcept) }},
		{"hosts", func(v node) { hosts = true; x.HostsPos, x.Hosts = d.at(v, pos), d.hosts(v, pos) }},
		{"ports", func(v node) { x.Ports = d.ports(v, pos, "`ports`") }},
	})
	if known && !hosts && (!cidrs || isEmptyList(v.field("cidrs"))) {
		d.missing(pos, "the external `"+name+"`", "cidrs", "[\"203.0.113.0/24\"]")
	}
	if !known && len(x.Ports) == 0 {
		x.Ports = []graph.NamedPort{standIn("", pos)}
	}
	d.excepts(x)
	if !ok {
		return all
	}
	return append(all, x)
}

func isEmptyList(v node) bool {
	n, err := value(v).length()
	return err == nil && n == 0
}

func (d *decoder) cidrs(v node, near diag.Pos, what string, parse func(string) (netip.Prefix, error)) []graph.Prefix {
	var out []graph.Prefix
	d.list(v, near, what, "address ranges", func(v node) {
		s, ok := d.strOr(v, near, "an address range", "")
		if !ok {
			return
		}
		pos := d.at(v, near)
		p, err := parse(strings.TrimSpace(s))
		if d.syntax(err, pos, what) {
			out = append(out, graph.Prefix{Prefix: p, Pos: pos})
		}
	})
	return out
}

// excepts checks that each exception is a proper part of a range and leaves no other range without addresses.
func (d *decoder) excepts(x *graph.External) {
	for _, e := range x.Except {
		inside := false
		for _, c := range x.CIDRs {
			switch {
			case e.Bits() > c.Bits() && c.Overlaps(e.Prefix):
				inside = true
			case c.Overlaps(e.Prefix):
				d.findings.Errorf(diag.ExceptOutside, e.Pos, "the exception `%s` takes away all of `%s`", e.Prefix, c.Prefix).
					WithHelp("remove one of the two").WithRelated(c.Pos, "the range")
				inside = true
			}
		}
		if !inside && len(x.CIDRs) > 0 {
			d.findings.Errorf(diag.ExceptOutside, e.Pos, "the exception `%s` lies in none of the ranges of `%s`", e.Prefix, x.Name.Value).
				WithHelp("an exception is a part of one of the `cidrs`")
		}
	}
}

func (d *decoder) internet(v node, near diag.Pos, within []netip.Prefix) []graph.Prefix {
	x := &graph.External{Name: graph.Text{Value: "internet", Pos: d.at(v, near)}}
	d.structure(v, near, "`internet`", fields{
		{"except", func(v node) { x.Except = d.cidrs(v, x.Name.Pos, "`internet: except`", graph.ParseExcept) }},
	})
	for _, p := range within {
		x.CIDRs = append(x.CIDRs, graph.Prefix{Prefix: p, Pos: x.Name.Pos})
	}
	d.excepts(x)
	return x.Except
}

// group reads the peers of a group.
func (d *decoder) group(all []*graph.Group, name string, v node) []*graph.Group {
	pos := d.label(v, diag.Pos{})
	g := &graph.Group{Name: graph.Text{Value: name, Pos: pos}}
	ok := d.checkName(name, pos, "a group")
	d.list(v, pos, "the group `"+name+"`", "peers", func(v node) {
		if ref, ok := d.peer(v, pos, "a peer"); ok {
			g.Peers = append(g.Peers, ref)
		}
	})
	if !ok {
		return all
	}
	return append(all, g)
}
