package flows

import (
	"slices"
	"strings"
	"unicode"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Row says that every pod or address of FromSet may reach all of ToSet on Ports and on the ports that it calls by one of
// Names. Rows add up, and what no row says is closed.
type Row struct {
	// From and To name the ends: ns/workload, ns/* for every pod of a namespace, */* for every pod, ns/{app=web} for pods
	// by labels, or addresses; " but " stands before pods that are left out.
	From, To       string
	FromSet, ToSet Set
	Ports          sets.Ports
	Names          []PortName
	// Mixed says that only pods which several selectors select together are meant, and none that is declared.
	Mixed bool
	// Ungoverned says that no end is in a namespace that has policies or declared pods.
	Ungoverned bool
}

// PortName is a port as policies name it: "http"; "http&web" has both names, and the number of "http&8000-9000" is one
// of those; "80&!http" is 80 where that is not the port called http.
type PortName string

// Words returns the port as people read it: "http (where it is 8000-9000)", "http (also called web)".
func (n PortName) Words() string {
	name, more, several := strings.Cut(string(n), "&")
	var notes []string
	for part := range strings.SplitSeq(more, "&") {
		number, _, _ := strings.Cut(part, "/")
		if not, is := strings.CutPrefix(part, "!"); is {
			notes = append(notes, "unless it is called "+not)
		} else if strings.ContainsFunc(number, unicode.IsLetter) {
			notes = append(notes, "also called "+part)
		} else {
			notes = append(notes, "where it is "+part)
		}
	}
	if !several {
		return name
	}
	return name + " (" + strings.Join(notes, ", ") + ")"
}

// PortList returns the ports of a row, one by one.
func (r Row) PortList() []string {
	var out []string
	if len(r.Ports) > 0 {
		out = strings.Split(r.Ports.String(), ",")
	}
	for _, n := range r.Names {
		out = append(out, string(n))
	}
	return out
}

// Outside is the name of every address outside of the cluster.
const Outside = "(outside)"

const other = world.Other

// Listing is all flows that a cluster's policies allow.
type Listing struct {
	Rows []Row
	// Coverage is nil where one end alone is asked about.
	Coverage *Coverage
	// NotGoverned is the pods on the host network: no policy speaks for or of them.
	NotGoverned []string
	// RestsOn is the namespaces and workloads without whose `knownLabels` more would be open.
	RestsOn []string
	// Undecided says that there are more rows than anybody could read, or that a question was too large.
	Undecided bool
}

// mostRows is how many rows a listing may have.
const mostRows = 500_000

// List returns who may reach whom, sorted: each row is what one rule of a source and one rule of a target have in
// common, or what is not isolated.
//
// The error is an *UnknownEndError for an end of which only it is to speak.
func List(c world.Cluster, only Only) (Listing, error) {
	u := newUniverse(c)
	u.names.called(c.Selected)
	l := &listing{halves: u.newHalves(c), ranges: c.Ranges, at: map[string]int{}, governed: governed(c)}
	for _, kind := range sets.Kinds() {
		l.kind(kind)
	}
	out := Listing{NotGoverned: notGoverned(c), Undecided: l.undecided}
	if only == (Only{}) && !l.undecided {
		out.Coverage = l.coverage()
	}
	var err error
	if out.Rows, err = l.finish(l.only(c, only.From), l.only(c, only.To)); err != nil {
		return Listing{}, err
	}
	out.RestsOn = l.restingOn()
	return out, nil
}

// listing is the state of a listing.
type listing struct {
	*halves
	ranges    []world.Range
	governed  map[string]bool
	rows      []found
	at        map[string]int
	undecided bool
	// ruledOut is rows of which no flow can exist.
	ruledOut []ruledOut
}

// ruledOut asks for a flow of a row by the laws that it is given.
type ruledOut struct {
	kind sets.Kind
	ask  func([]sets.Law) *sets.Question
}

// found is a row before it has words.
type found struct {
	kind   sets.Kind
	box    *sets.Box
	except [2][]sets.Pods
	names  []PortName
	mixed  bool
	// none is what the flows of the row must not be in, where that is more than the subjects that are isolated.
	none []*sets.Union
}

// kind adds the rows of a kind of flows.
func (l *listing) kind(kind sets.Kind) {
	egress, ingress := l.of(graph.Egress, kind), l.of(graph.Ingress, kind)
	all := l.Between(kind, sets.Everyone(), sets.Everyone(), sets.AllPorts())[0]
	switch {
	case l.isLayered(kind):
		l.layered(kind)
	case egress == nil:
		for i := range ingress.items {
			l.row(kind, ingress.items[i].box, nil, &ingress.items[i])
		}
		l.free(kind, all, sets.Destination)
	case ingress == nil:
		for i := range egress.items {
			l.row(kind, egress.items[i].box, &egress.items[i], nil)
		}
		l.free(kind, all, sets.Source)
	default:
		l.pairs(kind, egress, ingress)
		l.free(kind, all, sets.Source, sets.Destination)
	}
}

// pairs adds the rows of flows between pods. Of what a rule of one end opens and a rule of the other end opens as well,
// all else that the rule has in common with others is a part.
func (l *listing) pairs(kind sets.Kind, egress, ingress *half) {
	whole := map[*half][]bool{}
	for _, h := range []*half{egress, ingress} {
		other := egress
		if h == egress {
			other = ingress
		}
		whole[h] = make([]bool, len(h.items))
		for i := range h.items {
			if b := h.items[i].box; other.passing.Rules.Covering(b) != nil {
				whole[h][i] = true
				l.add(found{kind: kind, box: b, names: l.portNames(b)})
			}
		}
	}
	for i := range egress.items {
		e := &egress.items[i]
		if whole[egress][i] {
			continue
		}
		for _, b := range ingress.passing.Rules.Meeting(e.box) {
			if both, ok := l.Intersect(e.box, b); ok && !whole[ingress][b.Mark] {
				l.row(kind, both, e, &ingress.items[b.Mark])
			}
		}
		l.free(kind, e.box, sets.Destination)
	}
	for i := range ingress.items {
		if !whole[ingress][i] {
			l.free(kind, ingress.items[i].box, sets.Source)
		}
	}
}

// free adds the flows of a box of which no end among some is isolated: the source for egress, the destination for ingress.
func (l *listing) free(kind sets.Kind, b *sets.Box, ends ...sets.Side) {
	row := found{kind: kind, box: b, names: l.portNames(b)}
	for _, side := range ends {
		half := l.half(kind, side)
		if half.passing.Isolated.Covering(b) != nil {
			return
		}
		for _, x := range half.passing.Isolated.Meeting(b) {
			row.except[side] = append(row.except[side], half.isolated[x.Mark])
		}
		row.except[side] = l.outermost(row.except[side])
	}
	l.add(row)
}

// outermost leaves out the sets that lie inside of others.
func (u *universe) outermost(all []sets.Pods) []sets.Pods {
	if len(all) > 200 { // a name for so many is not read, and the sets stay right
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p sets.Pods) bool {
		return slices.ContainsFunc(all, func(q sets.Pods) bool { return p.Key() != q.Key() && u.Within(p, q) })
	})
}

// row adds the flows that a rule of each end has in common; one of them may be missing.
func (l *listing) row(kind sets.Kind, b *sets.Box, egress, ingress *item) {
	row := found{kind: kind, box: b, names: l.portNames(b)}
	if egress != nil && ingress != nil {
		row.mixed = l.isMixed(b, sets.Source, egress.subject, ingress.peer) || l.isMixed(b, sets.Destination, egress.peer, ingress.subject)
	}
	l.add(row)
}

// isMixed reports whether the pods at one end of a box are in two sets of which neither lies inside of the other, and
// none of them is declared.
func (l *listing) isMixed(b *sets.Box, side sets.Side, p, q sets.Pods) bool {
	if l.Within(p, q) || l.Within(q, p) {
		return false
	}
	pods := b.Pods(side)
	if _, known := l.names.workloads[pods.Key()]; known {
		return false
	}
	for _, d := range l.declared[side].Meeting(l.With(side, pods)) {
		if d.Mark >= 0 && l.universe.pods[d.Mark].Selector == nil {
			return false
		}
	}
	return true
}

// portNames returns the names of the port that a box asks for.
func (l *listing) portNames(b *sets.Box) []PortName {
	names := l.Names(b)
	if !l.isNamed(b) {
		return nil
	}
	parts := make([]string, len(names), len(names)+1)
	for i, n := range names {
		parts[i] = n.String()
	}
	var not []string
	for _, n := range l.NotNames(b) {
		not = append(not, "!"+n.String())
	}
	name := func(more ...string) PortName { return PortName(strings.Join(slices.Concat(parts, more, not), "&")) }
	if len(names) > 0 && sets.ProtocolPorts(names[0].Protocol).Within(b.Ports()) {
		return []PortName{name()}
	}
	var out []PortName
	for _, among := range strings.Split(b.Ports().String(), ",") {
		out = append(out, name(among))
	}
	return out
}

// isNamed reports whether a box is on ports that the destination calls by a name, or that it calls by none.
func (l *listing) isNamed(b *sets.Box) bool { return len(l.Names(b))+len(l.NotNames(b)) > 0 }

// add adds a row, to the row of the same ends where there is one.
func (l *listing) add(row found) {
	if len(l.rows) >= mostRows {
		l.undecided = true
		return
	}
	if len(row.except[0])+len(row.except[1])+len(row.none)+len(l.laws()) > 0 {
		ask := func(laws []sets.Law) *sets.Question {
			q := l.Ask(row.box, laws...)
			if row.none != nil {
				for _, u := range row.none {
					q.NotIn(u)
				}
				return q
			}
			for side, except := range row.except {
				if len(except) > 0 {
					q.NotIn(l.half(row.kind, sets.Side(side)).passing.Isolated)
				}
			}
			return q
		}
		switch _, answer := ask(l.laws()).Find(); answer {
		case sets.No:
			l.ruledOut = append(l.ruledOut, ruledOut{row.kind, ask})
			return
		case sets.Undecided:
			l.undecided = true
		}
	}
	key := row.key()
	at, known := l.at[key]
	if !known {
		l.at[key] = len(l.rows)
		l.rows = append(l.rows, row)
		return
	}
	into := &l.rows[at]
	into.mixed = into.mixed && row.mixed
	switch {
	case len(row.names) > 0:
		into.names = append(into.names, row.names...)
	case len(into.names) > 0 && l.isNamed(into.box):
		row.names = into.names
		*into = row
	default:
		into.box = into.box.AndPorts(row.box.Ports())
	}
}

// half returns the half whose subjects are at a side.
func (l *listing) half(kind sets.Kind, side sets.Side) *half {
	if side == sets.Source {
		return l.of(graph.Egress, kind)
	}
	return l.of(graph.Ingress, kind)
}

// key is equal for rows with the same ends.
func (r *found) key() string {
	var b strings.Builder
	for side, except := range r.except {
		b.WriteString(r.box.Pods(sets.Side(side)).Key())
		for _, e := range except {
			b.WriteString(" but " + e.Key())
		}
		b.WriteByte('|')
	}
	b.WriteByte(byte('0' + int(r.kind)))
	b.WriteString(r.box.Addresses().Text())
	return b.String()
}
