package flowlog

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// Kind is what is to be said of a refused flow.
type Kind string

// The kinds.
const (
	// Missing is a flow that an edge would allow.
	Missing Kind = "missing"
	// Rightly is one that the packages mean to refuse.
	Rightly Kind = "refused rightly"
	// Allowed is one that the packages allow: something else refused it.
	Allowed Kind = "allowed by the package"
	// Undecided is one of which too little is known.
	Undecided Kind = "undecided"
)

// Refused is a refused flow, and what to do about it.
type Refused struct {
	Flow
	Kind Kind
	// Text is the flow as it reads.
	Text string
	// Edge is the edge to write, and Where the place to write it to; More is what else is to be written before it.
	Edge  string
	More  string
	Where diag.Pos
	// Why says what it rests on.
	Why string
}

// Explain says of each flow of a log whether an edge is missing, or why it is refused rightly.
func Explain(in *flows.Inquiry, log *Log) []Refused {
	x := &explainer{in: in, g: in.Graph}
	var out []Refused
	for _, f := range log.Flows {
		out = append(out, x.explain(f))
	}
	return out
}

type explainer struct {
	in *flows.Inquiry
	g  *graph.Graph
}

// end is one end of a flow, as the packages know it.
type end struct {
	End
	workload *graph.Workload
	// several says that more than one workload selects it.
	several bool
	// name is how an edge writes it, text how it reads; both are "" where it cannot be told.
	name, text string
	// owned says that it is in a namespace of the packages.
	owned bool
}

func (x *explainer) explain(f Flow) Refused {
	from, to := x.end(f.From), x.end(f.To)
	port := fmt.Sprint(f.Port)
	if f.Protocol != "tcp" {
		port += "/" + f.Protocol
	}
	isDNS := to.isDNS(x, f)
	if isDNS {
		to.name, to.text = "dns", "dns"
	}
	r := Refused{Flow: f, Kind: Undecided, Text: fmt.Sprintf("%s -> %s:%s", from.text, to.text, port)}
	switch {
	case from.name == "" || to.name == "":
		r.Why = x.unknown(from, to)
		return r
	case !f.Opens && !isDNS && !to.declares(f):
		r.Why = "the port is not one that its target declares, and the log does not say whether the packet opens a connection: it may be a reply"
		return r
	case from.Entity == "host" || from.Entity == "health" || to.Entity == "host" || to.Entity == "health":
		r.Kind, r.Why = Rightly, "a node is no pod, and its own checks of its pods pass always"
		return r
	}
	if isDNS {
		port = ""
	} else if to.Entity == "kube-apiserver" {
		to.name, port = "apiserver", ""
	}
	edge := from.name + " -> " + to.name
	if port != "" {
		edge += ":" + port
	}
	if x.isAllowed(edge) {
		r.Kind = Allowed
		r.Why = "its policies were not applied then, or another policy refuses it"
		if len(f.By) > 0 {
			r.Why = "another policy refuses it: `" + strings.Join(f.By, "`, `") + "`"
		}
		return r
	}
	if why := x.meant(from, to, f); why != "" {
		r.Kind, r.Why = Rightly, why
		return r
	}
	if !from.owned && !to.owned {
		r.Why = "neither end is in a namespace of the packages"
		return r
	}
	r.Kind, r.Edge, r.Where = Missing, edge, x.where(from, to)
	r.Why = "no edge allows it"
	if f.Direction != "" {
		r.Why += "; it was refused for " + f.Direction
	}
	if r.More = x.more(from, to); from.workload == nil && from.Namespace != "" {
		r.Why += "; nobody declares its source, so that it may be refused rightly"
	}
	return r
}

// end finds the workload of an end: by its labels, else by its name.
func (x *explainer) end(e End) end {
	out := end{End: e}
	if e.Namespace != "" {
		out.owned = slices.ContainsFunc(x.g.Namespaces, func(n *graph.Namespace) bool { return n.Name == e.Namespace && n.Owned() })
		for _, w := range x.g.Workloads {
			if w.Namespace.Name != e.Namespace || w.Namespace.Selector != nil || !x.isOf(w, e) {
				continue
			}
			out.several = out.several || out.workload != nil
			out.workload = cmp.Or(out.workload, w)
		}
		name := e.Namespace + "/" + cmp.Or(e.Workload, stem(e.Pod), "?")
		out.name, out.text = x.written(name), name
		switch {
		case out.workload != nil && !out.several:
			out.name, out.text = x.written(out.workload.String()), out.workload.String()
		case out.several || cmp.Or(e.Workload, e.Pod) == "":
			out.name = ""
		}
		return out
	}
	out.text = cmp.Or(strings.Join(e.Names, ", "), e.Address, e.Entity, "?")
	switch a, err := netip.ParseAddr(e.Address); {
	case err != nil && e.Entity == "world":
		out.name = "internet"
	case err == nil && (e.Entity != "" || x.isOutside(a)):
		out.name = x.external(a)
		if len(e.Names) > 0 {
			out.text += " (" + e.Address + ")"
		}
	}
	return out
}

// isOf reports whether a workload selects an end. Labels that several pods have in common are enough where they match;
// without labels its name has to be that of the workload.
func (x *explainer) isOf(w *graph.Workload, e End) bool {
	if e.Labels != nil {
		return sets.Matches(w.Selector, e.Labels)
	}
	return w.Name == cmp.Or(e.Workload, stem(e.Pod)) || w.Selector.MatchLabels["app"] == cmp.Or(e.Workload, stem(e.Pod))
}

// written returns a name as the one package writes it.
func (x *explainer) written(name string) string {
	ns, rest, _ := strings.Cut(name, "/")
	if len(x.g.Packages) == 1 && x.g.Packages[0].Namespace.Value == ns {
		return rest
	}
	return name
}

// isOutside reports whether an address without an entity is of the internet: else it may be any pod's.
func (x *explainer) isOutside(a netip.Addr) bool {
	return !a.IsPrivate() && !a.IsLinkLocalUnicast() && !a.IsLoopback() && !netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

// external returns the external of the packages that has an address, else the address as a range.
func (x *explainer) external(a netip.Addr) string {
	for _, p := range x.g.Packages {
		for _, e := range p.Externals {
			if slices.ContainsFunc(e.CIDRs, func(c graph.Prefix) bool { return c.Contains(a) }) && !slices.ContainsFunc(e.Except, func(c graph.Prefix) bool { return c.Contains(a) }) {
				return e.Name.Value
			}
		}
	}
	if a.Is6() {
		return "[" + netip.PrefixFrom(a, 128).String() + "]"
	}
	return netip.PrefixFrom(a, a.BitLen()).String()
}

// declares reports whether the workload of an end declares the port of a flow.
func (e *end) declares(f Flow) bool {
	return e.workload != nil && slices.ContainsFunc(e.workload.Ports, func(p graph.NamedPort) bool {
		return p.Protocol.String() == f.Protocol && p.Lo <= f.Port && f.Port <= p.Hi
	})
}

// isDNS reports whether an end is the DNS of the packages.
func (e *end) isDNS(x *explainer, f Flow) bool {
	for _, p := range x.g.Packages {
		d := &p.DNS
		if !slices.Contains(d.Ports, f.Port) || f.Protocol == "sctp" {
			continue
		}
		if d.HasPods() && e.Namespace == d.Namespace && e.Labels != nil && sets.Matches(d.PodSelector(), e.Labels) {
			return true
		}
		if a, err := netip.ParseAddr(e.Address); err == nil && slices.ContainsFunc(d.CIDRs, func(c netip.Prefix) bool { return c.Contains(a) }) {
			return true
		}
	}
	return false
}

func (x *explainer) unknown(from, to end) string {
	for _, e := range []end{from, to} {
		switch {
		case e.several:
			return fmt.Sprintf("more than one workload selects `%s`", e.text)
		case e.name == "" && e.Address != "":
			return fmt.Sprintf("the log has nothing but the address `%s` of an end, which may be a pod's", e.Address)
		case e.name == "":
			return "the log does not say who an end is"
		}
	}
	return ""
}

// isAllowed reports whether the packages allow an edge whole.
func (x *explainer) isAllowed(edge string) bool {
	asked, findings := x.in.Ask(edge)
	if len(findings) > 0 || len(asked) == 0 {
		return false
	}
	answers := 0
	for _, a := range asked {
		for _, answer := range x.in.Answers(a) {
			answers++
			if !answer.Asked.Within(answer.Open) {
				return false
			}
		}
	}
	return answers > 0
}

// meant returns where the packages say that a flow is to be refused, "" where they do not.
func (x *explainer) meant(from, to end, f Flow) string {
	for _, e := range x.g.Forbids {
		if x.is(e.From, from) && x.is(e.To, to) && x.has(e.Ports, f) && !slices.ContainsFunc(e.Except, func(p *graph.Peer) bool { return x.is(p, from) }) {
			return fmt.Sprintf("`forbid` refuses it at %s", e.Decl.Pos)
		}
	}
	for _, c := range x.g.Claims {
		if !c.Allow && x.is(c.From, from) && x.is(c.To, to) && x.has(c.Ports, f) {
			return fmt.Sprintf("`tests: deny` claims it at %s", c.Decl.Pos)
		}
	}
	return ""
}

func (x *explainer) has(ports graph.PortSet, f Flow) bool {
	return slices.ContainsFunc(graph.Protocols(), func(p graph.Protocol) bool {
		return p.String() == f.Protocol && ports.Contains(graph.Single(graph.Port{Range: graph.Range{Lo: f.Port, Hi: f.Port}, Protocol: p}))
	})
}

// is reports whether a peer is an end, as far as that is known.
func (x *explainer) is(p *graph.Peer, e end) bool {
	switch {
	case p.Workload != nil:
		return p.Workload == e.workload
	case p.Kind == graph.Any:
		return true
	case p.Kind == graph.WholeNamespace:
		return p.Namespace.Name == e.Namespace
	case p.Kind == graph.AllNamespaces:
		return e.Namespace != ""
	case e.Namespace != "":
		return false
	}
	a, err := netip.ParseAddr(e.Address)
	return err == nil && slices.ContainsFunc(p.Blocks, func(b graph.Block) bool {
		return b.CIDR.Contains(a) && !slices.ContainsFunc(b.Except, func(c netip.Prefix) bool { return c.Contains(a) })
	})
}

// where returns the place to write an edge to: behind the last edge of the package that owns the target, else the source.
func (x *explainer) where(from, to end) diag.Pos {
	for _, e := range []end{from, to} {
		for _, p := range x.g.Packages {
			if e.Namespace == "" || !p.Owns(e.Namespace) {
				continue
			}
			if n := len(p.Allow); n > 0 {
				return p.Allow[n-1].Pos
			}
			return cmp.Or(p.Namespace.Pos, p.Pos)
		}
	}
	return diag.Pos{}
}

// more returns the workloads to declare first.
func (x *explainer) more(from, to end) string {
	var out []string
	for _, e := range []end{from, to} {
		if e.Namespace == "" || e.workload != nil || e.name == "dns" {
			continue
		}
		entry := draft.FieldName(e.name) + ": {}"
		if labels := stable(e.Labels); len(labels) > 0 {
			var all []string
			for _, k := range labels {
				all = append(all, fmt.Sprintf("%s: %q", draft.FieldName(k), e.Labels[k]))
			}
			entry = draft.FieldName(e.name) + ": labels: {" + strings.Join(all, ", ") + "}"
		}
		out = append(out, entry)
	}
	if len(out) == 0 {
		return ""
	}
	text := "workloads: {" + strings.Join(out, ", ") + "}"
	for _, e := range []end{to, from} {
		if known := slices.ContainsFunc(x.g.Namespaces, func(n *graph.Namespace) bool { return n.Name == e.Namespace }); !known && e.Namespace != "" && e.name != "dns" {
			text = "namespaces: " + draft.FieldName(e.Namespace) + ": owned: false, " + text
		}
	}
	return text
}
