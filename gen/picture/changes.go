package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/flows"
)

// Change is how a cluster differs from what it was.
type Change struct {
	answer.Comparison
	// Before and After are the two; nil is one that has nothing of the cluster.
	Before, After *Cluster
}

// mostPairs is how many pairs of ends a picture of a change may have, before it is folded.
const mostPairs = 100_000

// TooManyError says that there is more than a picture can hold.
type TooManyError struct {
	N    int
	What string
}

// Error says what is too much, and what to do.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("%d %s are too many for a picture: name one end with `--focus`, or use `npgen list` or `npgen diff`", e.N, e.What)
}

// OfChanges draws what changes open and close. With a focus, the name of an end, it holds what may be about that end. With
// all it holds the flows that stay as they are, too, but those of ends between which something changes.
//
// The error is a *TooManyError.
func OfChanges(changes []Change, focus string, all bool) (*Picture, error) {
	b := &builder{Picture: Picture{Title: "what changes", IsChange: true}}
	pairs := 0
	for _, c := range changes {
		for _, x := range c.Changes {
			if pairs += len(x.From) * len(x.To); pairs > mostPairs {
				return nil, &TooManyError{pairs, "pairs of ends"}
			}
		}
	}
	for _, c := range changes {
		var views []view
		for _, side := range []*Cluster{c.After, c.Before} {
			if side != nil {
				views = append(views, view{side.Inquiry, side.Revision})
			}
		}
		s := b.scene(c.Cluster, views...)
		s.changes(c, focus)
		if all && c.After != nil {
			s.unchanged(c.After.Listing, focus)
			s.hold()
			s.mayHold()
		}
		if c.Undecided {
			b.Notes = append(b.Notes, "undecided: a question about all pods that can exist was too large, so that there may be more than this")
		}
		b.Notes = append(b.Notes, c.Notes()...)
	}
	b.nameBadges()
	return b.finish(), nil
}

// changes adds an edge for each pair of ends that a change names.
func (s *scene) changes(c Change, focus string) {
	// Explain shows each rule with the line that it stands in, which takes its time: it is shown of the first.
	const mostExplained = 2000
	explained := 0
	for _, x := range c.Changes {
		for _, from := range x.From {
			for _, to := range x.To {
				if focus != "" && !s.concerns(from, focus) && !s.concerns(to, focus) {
					continue
				}
				e := Edge{From: s.node(from, false), To: s.node(to, true), State: stateOf(x), Ports: wordsOf(x), Notes: notesOfChange(x), Undeclared: x.Undeclared}
				if explained++; explained <= mostExplained {
					e.Causes = s.causesOfChange(c, x, from, to)
				}
				s.Edges = append(s.Edges, e)
			}
		}
	}
}

func stateOf(c flows.Change) State {
	switch {
	case len(c.Before) == 0:
		return Opened
	case len(c.After) == 0:
		return Closed
	case c.Opens():
		return Widened
	}
	return Changed
}

// wordsOf returns the ports of a change. What opens comes first: the end of a long text may not be seen.
func wordsOf(c flows.Change) string {
	text := answer.ChangeWords(c)
	switch stateOf(c) {
	case Widened:
		if opened := c.Opened(); len(opened) > 0 && c.Name == "" {
			return "opens " + opened.Words() + "; " + strings.TrimSuffix(text, ", which opens "+opened.Words())
		}
		return "opens more; " + text
	case Changed:
		return "closes " + c.Closed().Words() + "; " + text
	}
	return text
}

// notesOfChange says for which pods a change is another one, and of what pods it is an example.
func notesOfChange(c flows.Change) []string {
	var out []string
	if c.Undeclared {
		out = append(out, "only for pods that nothing declares")
	}
	for _, e := range c.Except {
		out = append(out, answer.ExceptionWords(e))
	}
	if c.Witness != nil {
		out = append(out, "such as "+c.Witness.Text())
	}
	return out
}

// causesOfChange says what opens a pair now, and of what is closed what did.
func (s *scene) causesOfChange(c Change, x flows.Change, from, to string) []Cause {
	ports, of := x.After, c.After
	if stateOf(x) == Closed {
		ports, of = x.Before, c.Before
	}
	if of == nil || x.Name != "" || len(x.Except) > 0 {
		return nil
	}
	return s.causes(func(v view) (flows.Asked, bool) {
		if v.Inquiry != of.Inquiry {
			return flows.Asked{}, false
		}
		return v.Example(from, to, ports)
	})
}

// concerns reports whether an end of a change may hold the one that the picture is about. Names are all that there is, so
// that sets of pods count for those of their namespace, and addresses for any.
func (s *scene) concerns(name, focus string) bool {
	if isNamed(name, focus) {
		return true
	}
	namespace, short, isPods := s.split(name)
	other, _, arePods := s.split(focus)
	isSet := strings.ContainsAny(short, "*{") || strings.HasPrefix(short, "(")
	switch {
	case !isPods:
		return !arePods && other == "" && !strings.Contains(focus, "=") && s.isAddress(focus)
	case !isSet && s.pod(name) != nil:
		return strings.ContainsAny(focus, "*{=") // what these select is not known by their name
	}
	return namespace == "" || other == "" || namespace == other
}

// isAddress reports whether a name is that of addresses.
func (s *scene) isAddress(name string) bool {
	for _, v := range s.views {
		if t, ok := v.Named(name); ok && t.Pod == nil {
			return true
		}
	}
	return false
}

// mayHold says of the sets of pods of which only a change speaks, by their names, what may be among them.
func (s *scene) mayHold() {
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if _, known := s.sets[i]; known || n.Kind != Pods || n.Cluster != s.cluster {
			continue
		}
		_, except, _ := strings.Cut(n.Name, " but ")
		without := strings.Split(except, ", ")
		for j := range s.Nodes {
			m := &s.Nodes[j]
			inside := m.Kind == Workload && m.Cluster == s.cluster && (n.Namespace == "" || n.Namespace == m.Namespace)
			if inside && !slices.Contains(without, m.Name) && !slices.Contains(without, m.Namespace+"/"+m.Name) && !slices.Contains(without, m.Namespace+"/*") {
				n.Members = append(n.Members, j)
			}
		}
	}
}

// unchanged adds the flows of a listing but those of ends between which something changes.
func (s *scene) unchanged(l answer.Listing, focus string) {
	changed := map[[2]int]bool{}
	for _, e := range s.Edges {
		changed[[2]int{e.From, e.To}] = true
	}
	if focus == "" {
		s.declare()
	}
	s.rows(l, focus, func(from, to int) bool { return changed[[2]int{from, to}] })
}
