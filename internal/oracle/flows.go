package oracle

import "iter"

// The directions of a half.
const (
	Ingress = 0
	Egress  = 1
)

// Emitted returns what rules of a side open for pods in a direction, towards or from a peer: nothing where no policy
// selects them.
func (w *World) Emitted(side, direction, subject, peer int) Ports {
	h := &w.sides[side].half[direction][subject]
	var out Ports
	for i := range h.allows {
		if h.allows[i].speaksOf(&w.ends[peer]) {
			out = out.Or(h.allows[i].ports)
		}
	}
	return out
}

// IsIsolated reports whether a policy of a side selects pods for a direction.
func (w *World) IsIsolated(side, direction, subject int) bool {
	return w.sides[side].half[direction][subject].isolated
}

// Half returns the ports that one direction of a flow has open. Nothing governs addresses.
func (w *World) Half(side, direction, subject, peer int) Ports {
	if s := &w.sides[side]; len(s.admin)+len(s.baseline) > 0 {
		open, _ := w.tiered(side, direction, subject, peer)
		return open
	}
	if !w.ends[subject].Pod || !w.sides[side].half[direction][subject].isolated {
		return w.ports.all()
	}
	return w.Emitted(side, direction, subject, peer)
}

// Kinds returns all kinds of ports that a destination has: an address calls none of them by a name.
func (w *World) Kinds(to int) Ports {
	if w.ends[to].Pod {
		return w.ports.all()
	}
	return w.ports.unnamed()
}

// Open returns the ports that are open between two classes.
func (w *World) Open(side, from, to int) Ports {
	return w.Half(side, Egress, from, to).And(w.Half(side, Ingress, to, from)).And(w.Kinds(to))
}

// Pairs returns the pairs of classes between which flows can exist.
func (w *World) Pairs() iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := range w.ends {
			for to := range w.ends {
				if w.Possible(from, to) && !yield(from, to) {
					return
				}
			}
		}
	}
}

// Difference is an example of what one side has open and another has not, of each kind, and nil where there is none.
type Difference struct{ Opened, Closed *Flow }

// Diff compares two sides.
func (w *World) Diff(before, after int) Difference {
	var out Difference
	for from, to := range w.Pairs() {
		b, a := w.Open(before, from, to), w.Open(after, from, to)
		if b == a {
			continue
		}
		if opened := a.Minus(b); out.Opened == nil && !opened.IsEmpty() {
			out.Opened = &Flow{from, to, opened}
		}
		if closed := b.Minus(a); out.Closed == nil && !closed.IsEmpty() {
			out.Closed = &Flow{from, to, closed}
		}
		if out.Opened != nil && out.Closed != nil {
			break
		}
	}
	return out
}

// Same reports whether two sides isolate the same pods, and whether each direction by itself has the same open.
func (w *World) Same(one, other int) bool {
	for from, to := range w.Pairs() {
		if w.Half(one, Egress, from, to).And(w.Kinds(to)) != w.Half(other, Egress, from, to).And(w.Kinds(to)) ||
			w.Half(one, Ingress, to, from) != w.Half(other, Ingress, to, from) {
			return false
		}
	}
	for e := range w.ends {
		for _, direction := range []int{Ingress, Egress} {
			if w.ends[e].Pod && w.IsIsolated(one, direction, e) != w.IsIsolated(other, direction, e) {
				return false
			}
		}
	}
	return true
}

// Members returns which classes a set has. Each class is in it as a whole or not at all, as the world was made with it.
func (w *World) Members(s *Set) ([]bool, error) {
	out := make([]bool, len(w.ends))
	pick := func(list []Selection, is bool) error {
		for _, selection := range list {
			n, err := w.selection(selection)
			if err != nil {
				return err
			}
			for e := range w.ends {
				if w.ends[e].Pod && w.ends[e].in.has(n) {
					out[e] = is
				}
			}
		}
		return nil
	}
	if err := pick(s.Pods, true); err != nil {
		return nil, err
	}
	if err := pick(s.Except, false); err != nil {
		return nil, err
	}
	for _, b := range s.blocks() {
		n, err := w.block(b)
		if err != nil {
			return nil, err
		}
		for e := range w.ends {
			if !w.ends[e].Pod && w.ends[e].in.has(n) {
				out[e] = true
			}
		}
	}
	return out, nil
}
