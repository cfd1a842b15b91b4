package policy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/npgen/npgen/gen/graph"
)

// annotations returns those of an allow object: its package's, its edges, and the reasons that users gave for them.
func (b *builder) annotations(o *object, flows []flow) map[string]string {
	b.edgeLines.clear()
	b.whyLines.clear()
	for _, f := range flows {
		for i, h := range f.halves {
			if slices.ContainsFunc(f.halves[:i], h.sameEnds) {
				continue // its line is there
			}
			same := b.alike(f.halves[i:])
			l := o.line(h.edge.From, h.edge.To, b.together(same), h.requests)
			b.edgeLines.add(l[:]...)
			for _, h := range same {
				b.addWhy(o, l, h.edge.why)
			}
		}
	}
	if o.dns != nil {
		from := &graph.Peer{Kind: graph.WholeNamespace, Namespace: o.subject.Namespace, Workload: o.subject.Workload}
		l := o.line(from, &graph.Peer{Kind: graph.DNS}, b.dnsOf(o.dns.Config).ports, "")
		b.edgeLines.add(l[:]...)
		for _, e := range o.dns.Asked {
			b.addWhy(o, l, e.Decl.Why)
		}
	}
	own := b.packageOf(o).annotations[allowWave]
	out := make(map[string]string, len(own)+2)
	maps.Copy(out, own)
	out[EdgesKey] = b.edgeLines.String()
	if len(b.whyLines.list) > 0 {
		out[WhyKey] = b.whyLines.String()
	}
	return out
}

// alike returns those of the halves that have the ends of the first, until the next call. One end may be wider than the
// object's subject, so that not all of a flow have the same, but a few different ones at the most.
func (b *builder) alike(halves []half) []half {
	b.same = b.same[:0]
	for _, h := range halves {
		if halves[0].sameEnds(h) {
			b.same = append(b.same, h)
		}
	}
	return b.same
}

func (h half) sameEnds(other half) bool {
	return h.edge == other.edge || h.edge.From.Key() == other.edge.From.Key() && h.edge.To.Key() == other.edge.To.Key()
}

// line is the parts of an edge in canonical form.
type line [6]string

// line returns an edge as the object's namespace would write it.
func (o *object) line(from, to *graph.Peer, ports *ports, requests string) line {
	ns := o.subject.Namespace
	return line{from.NameIn(ns), " -> ", to.NameIn(ns), ":", ports.text, requests}
}

// addWhy adds the reason for the edge in a line, if there is one. Where an object is one edge, it need not be named.
func (b *builder) addWhy(o *object, l line, reason string) {
	switch {
	case reason == "":
	case o.subject.Namespace.Owner.Output.PerEdge:
		b.whyLines.add(reason)
	default:
		b.whyLines.add(append(l[:], ": ", reason)...)
	}
}

// lines is the lines of an annotation while it is put together.
type lines struct {
	text []byte
	list [][]byte
}

func (l *lines) clear() { l.text, l.list = l.text[:0], l.list[:0] }

func (l *lines) add(parts ...string) {
	start := len(l.text)
	for _, p := range parts {
		l.text = append(l.text, p...)
	}
	l.list = append(l.list, l.text[start:])
}

// maxAnnotation keeps an object far below the 256 KiB that the API server takes for all its annotations together.
const maxAnnotation = 64 << 10

// String returns the lines sorted and without doubles, as many as fit, and how many did not.
func (l *lines) String() string {
	slices.SortFunc(l.list, bytes.Compare)
	l.list = slices.CompactFunc(l.list, bytes.Equal)
	start := len(l.text)
	for i, line := range l.list {
		if i > 0 {
			l.text = append(l.text, '\n')
		}
		if len(l.text)-start+len(line) >= maxAnnotation {
			l.text = fmt.Appendf(l.text, "(%d more)", len(l.list)-i)
			break
		}
		l.text = append(l.text, line...)
	}
	return string(l.text[start:])
}
