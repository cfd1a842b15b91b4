package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/inventory"
)

// Cluster is a cluster, and all that it allows.
type Cluster struct {
	answer.Listing
	// Inquiry is the same cluster, made ready for questions.
	Inquiry *flows.Inquiry
	// Revision leads the positions of what stands in it, "" for files.
	Revision string
}

// OfFlows draws all flows of some clusters. With a focus, the name of an end, the listings hold its flows alone.
func OfFlows(clusters []Cluster, focus string) *Picture {
	b := &builder{Picture: Picture{Title: "who may talk to whom"}}
	for _, c := range clusters {
		s := b.scene(c.Cluster, view{c.Inquiry, c.Revision})
		if focus == "" {
			s.declare()
		}
		s.rows(c.Listing, focus, func(int, int) bool { return false })
		s.halves(focus)
		s.hold()
		b.Notes = append(b.Notes, notesOf(c.Listing)...)
	}
	b.nameBadges()
	return b.finish()
}

// notesOf says what a listing does not hold.
func notesOf(l answer.Listing) []string {
	out := l.Notes()
	if l.Undecided {
		out = append([]string{"undecided: there are more flows than can be listed, and some are missing"}, out...)
	}
	return append(out, notCounted(l.NotCounted)...)
}

// NotCounted adds to the notes what could not be counted and may make the picture wrong.
func (p *Picture) NotCounted(all []inventory.NotCounted) {
	p.Notes = append(notCounted(all), p.Notes...)
}

func notCounted(all []inventory.NotCounted) []string {
	var out []string
	for _, n := range all {
		out = append(out, fmt.Sprintf("not counted: %s, at %s: %s", n, n.Pos, n.Reason))
	}
	return out
}

// rows adds the rows of a listing that people read, but those between two nodes that are not wanted. Those of the same two
// are one edge.
func (s *scene) rows(l answer.Listing, focus string, unwanted func(from, to int) bool) {
	rows, _ := l.Shown()
	at := map[[2]int]int{}
	for _, r := range rows {
		from, isFrom := s.known(r.From, false)
		to, isTo := s.known(r.To, true)
		if isFrom && isTo && unwanted(from, to) {
			continue
		}
		if text, atTarget, is := s.badge(r); is && !s.isOfFocus(r, atTarget, focus) {
			s.pin(r, text, atTarget)
			continue
		}
		e := Edge{From: s.end(r.From, r.FromSet, false), To: s.end(r.To, r.ToSet, true), State: Same, Ports: answer.Ports(r), Causes: s.causes(func(v view) (flows.Asked, bool) {
			return v.Example(r.From, r.To, r.Ports)
		})}
		key := [2]int{e.From, e.To}
		if i, known := at[key]; known {
			into := &s.Edges[i]
			into.Ports += "," + e.Ports
			into.Causes = append(into.Causes, e.Causes...)
			continue
		}
		at[key] = len(s.Edges)
		s.Edges = append(s.Edges, e)
	}
}

// isOfFocus reports whether the end that a badge stands for is the one that the picture is about.
func (s *scene) isOfFocus(r flows.Row, atTarget bool, focus string) bool {
	other := r.To
	if atTarget {
		other = r.From
	}
	return focus != "" && isNamed(other, focus)
}

// isNamed reports whether a name that a listing prints is that of an end as a user writes it.
func isNamed(name, end string) bool { return name == end || strings.HasSuffix(name, "/"+end) }

// halves marks the edges of which a package opens one half alone, and adds those that are closed as far as the input says.
func (s *scene) halves(focus string) {
	v := s.views[0]
	if v.Graph == nil {
		return
	}
	for _, e := range v.Graph.Edges {
		from, to := e.From.NameIn(nil), e.To.NameIn(nil)
		if e.Half == 0 || focus != "" && !isNamed(from, focus) && !isNamed(to, focus) {
			continue
		}
		half := Edge{
			From: s.node(from, false), To: s.node(to, true), State: HalfOpen, Ports: e.Ports.String(), Half: e.Half.String(),
			Notes:  []string{"only the " + e.Half.String() + " half is opened here; the other is up to the policies of others"},
			Causes: []Cause{{At: v.at(e.Decl.Pos), Text: "the edge `" + e.Decl.Text + "`"}},
		}
		if i := slices.IndexFunc(s.Edges, func(x Edge) bool { return x.From == half.From && x.To == half.To }); i >= 0 {
			s.Edges[i].Half = half.Half
			s.Edges[i].Notes = append(s.Edges[i].Notes, half.Notes...)
			continue
		}
		s.Edges = append(s.Edges, half)
	}
}

// List returns the flows of a cluster, or with a focus those from and to an end.
//
// The error is a *flows.UnknownEndError for an end that is neither a source nor a target.
func List(in *flows.Inquiry, focus string) (flows.Listing, error) {
	c := in.Plain()
	if focus == "" {
		return flows.List(c, flows.Only{})
	}
	from, unknownSource := flows.List(c, flows.Only{From: focus})
	to, unknownTarget := flows.List(c, flows.Only{To: focus})
	switch {
	case unknownSource != nil && unknownTarget != nil:
		return flows.Listing{}, unknownSource
	case unknownSource != nil:
		return to, nil
	case unknownTarget != nil:
		return from, nil
	}
	for _, r := range to.Rows {
		isSame := func(x flows.Row) bool {
			return x.From == r.From && x.To == r.To && slices.Equal(x.PortList(), r.PortList())
		}
		if !slices.ContainsFunc(from.Rows, isSame) {
			from.Rows = append(from.Rows, r)
		}
	}
	for _, name := range to.RestsOn {
		if !slices.Contains(from.RestsOn, name) {
			from.RestsOn = append(from.RestsOn, name)
		}
	}
	from.Undecided = from.Undecided || to.Undecided
	return from, nil
}

// oneLine is text of packages and manifests as every format has it: printable, and no command to a runner.
func oneLine(s string) string { return diag.Line(s) }
