package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Comparison is how two sets of policies differ in what they allow, for every pod that can exist.
type Comparison struct {
	// Changes is what rules, or the lack of isolation, open and close. Changes that are alike are one.
	Changes []Change
	// Isolation is pods that became isolated, or are no longer.
	Isolation []IsolationChange
	// Ungoverned and Governed are pods that moved to the host network, which policies do not govern, and from it.
	Ungoverned, Governed []string
	// Declares says that either side declares pods.
	Declares bool
	// RestsOn is the namespaces and workloads without whose `knownLabels` more would change.
	RestsOn []string
	// Undecided says that a question was too large: there may be more changes.
	Undecided bool
}

// Change says that some flows from each of From to each of To are open on other ports than before: Before were open, and
// After are. Names are as in Row.
type Change struct {
	From, To      []string
	Before, After sets.Ports
	// Name is set where the change is of a port by its name: then all of it is open before, or after.
	Name string
	// At holds the addresses before and after, where an end is addresses that have a name, and the name has others now.
	At [2]string
	// Reach says how far apart the ends are.
	Reach Reach
	// Except is what some of these pods keep, or had before.
	Except []Exception
	// Undeclared says that no declared pods are concerned. Witness is a flow that opens or closes then.
	Undeclared bool
	Witness    *sets.Witness
}

// Exception is pods that a Change covers and that had, or keep, some of it.
type Exception struct {
	From, To      string
	Before, After sets.Ports
	Name          string
}

// IsolationChange says that pods became isolated in a direction, or are no longer.
type IsolationChange struct {
	Pods      string
	Direction graph.Directions
	Isolated  bool
}

// Opened returns the ports that are open now and were not.
func (c Change) Opened() sets.Ports { return c.After.Minus(c.Before) }

// Closed returns the ports that were open and are not.
func (c Change) Closed() sets.Ports { return c.Before.Minus(c.After) }

// IsEmpty reports whether both sides allow the same. A change of isolation that changes no flow is none.
func (c Comparison) IsEmpty() bool {
	return len(c.Changes)+len(c.Ungoverned)+len(c.Governed) == 0 && !c.Undecided
}

// Compare compares two sets of policies for every pod that can exist, in the namespaces that either side knows. What both
// say in equal form is left out first, so that the work follows the change.
func Compare(before, after world.Cluster) Comparison {
	u := newUniverse(before, after)
	was, is := u.concerned(before, after)
	return u.compare(before, after, was, is)
}

// compare compares two clusters by some of their policies, see concerned.
func (u *universe) compare(before, after world.Cluster, was, is []rule.Policy) Comparison {
	u.names.called(before.Selected)
	u.names.called(after.Selected)
	left, right := withPods(before, after), withPods(after, before)
	left.Policies, right.Policies = was, is
	c := &comparing{universe: u, sides: [2]comparedSide{
		{halves: u.newHalves(left), cluster: before, ranges: slices.Concat(before.Ranges, after.Ranges)},
		{halves: u.newHalves(right), cluster: after, ranges: slices.Concat(after.Ranges, before.Ranges)},
	}}
	for _, kind := range sets.Kinds() {
		for _, d := range graph.AllDirections() {
			if c.sides[0].of(d, kind) != nil {
				c.items(d, kind)
				c.layers(d, kind)
				c.isolations(d, kind)
			}
		}
	}
	out := Comparison{Isolation: c.isolated, Undecided: c.undecided, Declares: len(u.pods) > 0, RestsOn: u.restingOn()}
	out.Changes = joined(renumbered(c.changes))
	out.Ungoverned, out.Governed = moved(before, after)
	return out
}

// withPods returns a cluster with the pods that it lacks of another: their names for ports are known all the same.
func withPods(c, other world.Cluster) world.Cluster {
	known := map[string]bool{}
	for _, p := range c.Pods {
		known[podKey(p)] = true
	}
	c.Pods = slices.Clip(c.Pods)
	for _, p := range other.Pods {
		if !known[podKey(p)] {
			c.Pods = append(c.Pods, p)
		}
	}
	return c
}

// comparing is the state of a comparison: the sides before and after.
type comparing struct {
	*universe
	sides     [2]comparedSide
	changes   []Change
	isolated  []IsolationChange
	undecided bool
}

type comparedSide struct {
	*halves
	cluster world.Cluster
	ranges  []world.Range
}

// items compares what rules open in a direction.
func (c *comparing) items(d graph.Directions, kind sets.Kind) {
	before, after := c.sides[0].of(d, kind), c.sides[1].of(d, kind)
	for i := range after.items {
		x := &after.items[i]
		var was sets.Ports
		if at, known := before.byKey[x.key]; known {
			was = before.items[at].box.Ports()
		}
		c.item(d, kind, x, was, x.box.Ports())
	}
	for i := range before.items {
		if x := &before.items[i]; !after.has(x.key) {
			c.item(d, kind, x, x.box.Ports(), nil)
		}
	}
}

func (h *half) has(key string) bool {
	_, known := h.byKey[key]
	return known
}

// item adds the change of what is open between a subject and a peer.
func (c *comparing) item(d graph.Directions, kind sets.Kind, x *item, was, is sets.Ports) {
	if was.Equal(is) {
		return
	}
	opened, witness := c.ports(d, kind, x.box.AndPorts(is).WithPorts(is.Minus(was)), 1)
	closed, lost := c.ports(d, kind, x.box.AndPorts(was).WithPorts(was.Minus(is)), 0)
	if len(opened)+len(closed) == 0 {
		return
	}
	kept := c.open(d, kind, x.box.WithPorts(was.Intersect(is)))
	out := Change{Before: closed.Union(kept), After: opened.Union(kept)}
	if x.name != nil {
		out.Name = x.name.String()
	}
	side := 1
	if witness == nil {
		witness, side = lost, 0
	}
	c.declare(&out, d, kind, x.box, witness, side)
	from, to := c.ends(kind, x.box, side, nil, out.Undeclared)
	out.From, out.To = []string{from}, []string{to}
	out.Reach = c.reach(kind, x.box)
	if isNamed(x.addresses, c.sides[side].ranges) {
		out.At[side] = strings.Join(texts(x.addresses.Prefixes()), " ")
	}
	c.changes = append(c.changes, out)
}

// mostPorts is how often a change is asked for more ports.
const mostPorts = 32

// ports returns those ports of a box on which some flow is open at one side and not at the other, and one such flow.
func (c *comparing) ports(d graph.Directions, kind sets.Kind, b *sets.Box, side int) (found sets.Ports, witness *sets.Box) {
	left := b.Ports()
	for range mostPorts {
		if left.IsEmpty() {
			return found, witness
		}
		ask := func(laws []sets.Law) *sets.Question { return c.changed(d, kind, b.WithPorts(left), side, laws) }
		flow, answer := ask(c.laws()).Find()
		switch answer {
		case sets.No:
			c.rests(kind, ask)
			return found, witness
		case sets.Undecided:
			c.undecided = true
			return found, witness
		}
		if witness == nil {
			witness = flow
		}
		found, left = found.Union(flow.Ports()), left.Minus(flow.Ports())
	}
	return found.Union(left), witness
}

// changed asks for a flow of a box, which the half of a side lets pass, that the half of the other side stops and the
// opposite half of the side lets pass.
func (c *comparing) changed(d graph.Directions, kind sets.Kind, b *sets.Box, side int, laws []sets.Law) *sets.Question {
	q := c.Ask(b, laws...).Stopped(c.sides[1-side].of(d, kind).passes()).Pass(c.sides[side].of(opposite(d), kind).passes())
	if own := c.sides[side].of(d, kind); own.isLayered() || c.sides[1-side].of(d, kind).isLayered() {
		q.Pass(own.passes())
	}
	return q
}

func opposite(d graph.Directions) graph.Directions { return graph.Both &^ d }

// open returns the ports of a box if some flow on them is open before or after.
func (c *comparing) open(d graph.Directions, kind sets.Kind, b *sets.Box) sets.Ports {
	if b.Ports().IsEmpty() {
		return nil
	}
	for side := range c.sides {
		if _, answer := c.Ask(b, c.laws()...).Pass(c.sides[side].of(opposite(d), kind).passes()).Find(); answer == sets.Yes {
			return b.Ports()
		}
	}
	return nil
}

// ends names the ends of a box, as a side calls them; except is left out of the pods at the end of a direction. Where
// undeclared pods are meant, no end has the name of a workload that is a part of it.
func (c *comparing) ends(kind sets.Kind, b *sets.Box, side int, except map[sets.Side][]sets.Pods, undeclared bool) (from, to string) {
	names := [2]string{}
	for end := range names {
		if !kind.HasPods(sets.Side(end)) {
			names[end] = addressName(b.Addresses(), c.sides[side].ranges)
			continue
		}
		pods := b.Pods(sets.Side(end))
		name := c.names.pods(pods)
		if undeclared {
			name = c.names.all(pods)
		}
		names[end] = c.names.without(name, pods, except[sets.Side(end)])
	}
	return names[0], names[1]
}

// declare says whether a change concerns declared pods, and gives a flow where it does not.
func (c *comparing) declare(out *Change, d graph.Directions, kind sets.Kind, b *sets.Box, found *sets.Box, side int) {
	about := b.AndPorts(found.Ports()).WithPorts(out.Opened().Union(out.Closed()))
	ask := func(laws []sets.Law) *sets.Question {
		return c.Ask(about, laws...).Stopped(c.sides[1-side].of(d, kind).passes()).
			Pass(c.sides[side].of(d, kind).passes()).Pass(c.sides[side].of(opposite(d), kind).passes())
	}
	q, isDeclared := ask(c.plain()), true
	for _, end := range []sets.Side{sets.Source, sets.Destination} {
		if kind.HasPods(end) {
			q.Among(c.declared[end])
			isDeclared = isDeclared && len(c.declared[end].Boxes()) > 0
		}
	}
	if isDeclared {
		if _, answer := q.Find(); answer == sets.Yes {
			return
		}
	}
	if plain, answer := ask(c.plain()).Find(); answer == sets.Yes {
		found = plain
	}
	witness := c.Witness(found, kind)
	for _, end := range []*sets.End{&witness.From, &witness.To} {
		if slices.Contains(c.differing, end.Namespace) {
			end.NamespaceLabels = c.sides[side].cluster.Known[end.Namespace]
		}
	}
	out.Undeclared, out.Witness = true, &witness
}

// isolations compares the subjects that policies isolate in a direction.
func (c *comparing) isolations(d graph.Directions, kind sets.Kind) {
	for side := range c.sides {
		here, there := c.sides[side].of(d, kind), c.sides[1-side].of(d, kind)
		var changed []sets.Pods
		for _, subject := range here.isolated {
			if !there.known[subject.Key()] {
				changed = append(changed, subject)
			}
		}
		for _, subject := range c.outermost(changed) { // what lies inside of another subject changes with it
			c.isolation(d, kind, subject, here, there, side)
		}
	}
}

// isolation adds what changes for a subject that policies isolate at one side: it closes flows where that is the side
// after, and opens them where it is the one before.
func (c *comparing) isolation(d graph.Directions, kind sets.Kind, subject sets.Pods, here, there *half, side int) {
	about := c.between(here, subject, sets.Pods{}, sets.AllAddresses(), sets.AllPorts())
	isolates := func(laws []sets.Law) *sets.Question { return c.Ask(about, laws...).NotIn(there.passing.Isolated) }
	if _, answer := isolates(c.laws()).Find(); answer != sets.Yes {
		if answer == sets.No {
			c.rests(kind, isolates)
		}
		c.undecided = c.undecided || answer == sets.Undecided
		return
	}
	var others []sets.Pods
	for _, x := range there.passing.Isolated.Meeting(about) {
		others = append(others, there.isolated[x.Mark])
	}
	others = c.outermost(others)
	if kind == sets.PodToPod {
		c.isolated = append(c.isolated, IsolationChange{c.names.but(subject, others), d, side == 1})
	}
	free := 1 - side
	ask := func(laws []sets.Law) *sets.Question {
		return c.changed(d, kind, about, free, laws).NotIn(there.passing.Isolated)
	}
	flow, answer := ask(c.laws()).Find()
	if answer == sets.No {
		c.rests(kind, ask)
	}
	if answer != sets.Yes {
		c.undecided = c.undecided || answer == sets.Undecided
		return
	}
	out := Change{Before: sets.AllPorts()}
	if free == 1 {
		out = Change{After: sets.AllPorts()}
	}
	c.declare(&out, d, kind, about, flow, free)
	from, to := c.ends(kind, about, free, map[sets.Side][]sets.Pods{here.side(): others}, out.Undeclared)
	out.From, out.To, out.Reach = []string{from}, []string{to}, c.reach(kind, about)
	rules := here.passing.Rules.Meeting(about)
	slices.SortFunc(rules, func(a, b *sets.Box) int { return cmp.Compare(a.Mark, b.Mark) })
	for _, b := range rules {
		out.Except = append(out.Except, c.exception(kind, b, &here.items[b.Mark], side))
	}
	c.changes = append(c.changes, out)
}

// exception returns flows that stay as they are where others open or close.
func (c *comparing) exception(kind sets.Kind, b *sets.Box, x *item, side int) Exception {
	from, to := c.ends(kind, b, side, nil, false)
	out := Exception{From: from, To: to, Before: b.Ports(), After: b.Ports()}
	if x.name != nil {
		out.Name = x.name.String()
	}
	return out
}

// moved returns the pods that are on the host network on one side only, known by their names.
func moved(before, after world.Cluster) (onto, off []string) {
	host := map[string]bool{}
	for _, p := range before.Pods {
		host[p.Namespace+"/"+p.Name] = p.HostNetwork
	}
	to := map[bool]map[string]bool{true: {}, false: {}}
	for _, p := range after.Pods {
		name := p.Namespace + "/" + p.Name
		if was, known := host[name]; known && was != p.HostNetwork {
			to[p.HostNetwork][name] = true
		}
	}
	return slices.Sorted(maps.Keys(to[true])), slices.Sorted(maps.Keys(to[false]))
}
