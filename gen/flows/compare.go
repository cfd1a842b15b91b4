package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Comparison is how two sets of policies differ in what they allow.
type Comparison struct {
	// Changes is pairs between which other ports are open than before. Changes that are alike are one.
	Changes []Change
	// Isolation is pods that nothing declares and that became isolated, or are no longer.
	Isolation []IsolationChange
	// Ungoverned and Governed are pods that moved to the host network, which policies do not govern, and from it.
	Ungoverned, Governed []string
}

// Change says that between each of From and each of To the ports Before were open, and After are. Names are as in Row.
type Change struct {
	From, To      []string
	Before, After sets.Ports
	// Except is pairs that these names cover and that differ: a narrower rule opens something else between them.
	Except []Exception
}

// Exception is a pair that is not as its Change says.
type Exception struct {
	From, To      string
	Before, After sets.Ports
}

// IsolationChange says that the pods of a namespace that nothing declares, ns/(other), became isolated in a direction,
// or are no longer.
type IsolationChange struct {
	Pods      string
	Direction graph.Directions
	Isolated  bool
}

// Opened returns the ports that are open now and were not.
func (c Change) Opened() sets.Ports { return c.After.Minus(c.Before) }

// Closed returns the ports that were open and are not.
func (c Change) Closed() sets.Ports { return c.Before.Minus(c.After) }

// IsEmpty reports whether both sides allow the same.
func (c Comparison) IsEmpty() bool {
	return len(c.Changes)+len(c.Isolation)+len(c.Ungoverned)+len(c.Governed) == 0
}

// Compare evaluates two sets of policies over the same pods: all that either side declares or speaks of. Pods are known
// by namespace and labels, as policies know them, so that names of workloads and policies, their grouping and order are
// no difference; a pod that one side does not have is asked for all the same, as its labels may exist.
func Compare(before, after world.Cluster) Comparison {
	a, b := sameWorld(before, after)
	c := &comparing{before: New(a).newFlows(), after: New(b).newFlows()}
	c.before.cluster.Ranges = slices.Concat(a.Ranges, b.Ranges)
	c.classes()
	c.wideChanges()
	c.narrowChanges()
	c.outsideChanges()
	out := Comparison{Changes: c.changes, Isolation: c.isolation()}
	out.Ungoverned, out.Governed = moved(before, after)
	return out
}

// comparing is the state of a comparison. Both flows have the same pods, in the same order.
type comparing struct {
	before, after *flows
	// class is the class of each pod, members the pods of each class.
	class   []int
	members [][]int
	// wide holds the index of the change that covers a pair of classes.
	wide    map[pair]int
	changes []Change
}

// classes groups the pods that wide rules of neither side can tell apart.
func (c *comparing) classes() {
	known := map[string]int{}
	after := c.after.classKeys()
	for i, key := range c.before.classKeys() {
		key += "\n\n" + after[i]
		class, ok := known[key]
		if !ok {
			class = len(c.members)
			known[key] = class
			c.members = append(c.members, nil)
		}
		c.class = append(c.class, class)
		c.members[class] = append(c.members[class], i)
	}
}

// delta is what is open between a pair before and after.
type delta struct{ before, after sets.Ports }

func (d delta) changes() bool { return !d.before.Equal(d.after) }

func (d delta) key() string { return d.before.String() + " " + d.after.String() }

// wideDelta is what wide rules say of a pair.
func (c *comparing) wideDelta(from, to int) delta {
	return delta{c.before.widePorts(from, to), c.after.widePorts(from, to)}
}

// wideChanges adds the changes that wide rules and isolation make. Classes that change alike towards all others are
// one source, and of the targets of a source those that change alike are one.
func (c *comparing) wideChanges() {
	c.wide = map[pair]int{}
	sources, deltas := map[string][]int{}, map[string][]delta{}
	for from, members := range c.members {
		if !c.isWide(graph.Egress, from) {
			continue
		}
		var key strings.Builder
		row := make([]delta, len(c.members))
		changes := false
		for to := range c.members {
			if c.isWide(graph.Ingress, to) {
				row[to] = c.wideDelta(members[0], c.members[to][0])
			}
			if row[to].changes() {
				changes = true
				key.WriteString(row[to].key())
			}
			key.WriteByte(';')
		}
		if changes {
			sources[key.String()] = append(sources[key.String()], from)
			deltas[key.String()] = row
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sources)) {
		c.wideTargets(sources[key], deltas[key])
	}
}

// isWide reports whether anything wide is open to a class on either side.
func (c *comparing) isWide(d graph.Directions, class int) bool {
	pod := c.members[class][0]
	return c.before.sides[d][pod].isWide() || c.after.sides[d][pod].isWide()
}

func (c *comparing) wideTargets(from []int, row []delta) {
	targets := map[string][]int{}
	for to, d := range row {
		if d.changes() {
			targets[d.key()] = append(targets[d.key()], to)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(targets)) {
		to := targets[key]
		for _, f := range from {
			for _, t := range to {
				c.wide[pair{f, t}] = len(c.changes)
			}
		}
		d := row[to[0]]
		c.changes = append(c.changes, Change{From: c.classNames(from), To: c.classNames(to), Before: d.before, After: d.after})
	}
}

func (c *comparing) classNames(classes []int) []string {
	var pods []int
	for _, class := range classes {
		pods = append(pods, c.members[class]...)
	}
	return c.before.names(pods)
}

// narrowChanges adds the pairs of which a narrow rule says more than wide ones do.
func (c *comparing) narrowChanges() {
	before, after := c.before.narrowPorts(), c.after.narrowPorts()
	pairs := map[pair]bool{}
	for _, n := range []narrow{before, after} {
		for at := range n.sent {
			pairs[at] = true
		}
		for at := range n.received {
			pairs[at] = true
		}
	}
	var own []Exception
	for _, at := range slices.SortedFunc(maps.Keys(pairs), comparePairs) {
		d := delta{c.before.ports(before, at), c.after.ports(after, at)}
		w := c.wideDelta(at.from, at.to)
		if d.before.Equal(w.before) && d.after.Equal(w.after) {
			continue
		}
		e := Exception{c.before.name(at.from), c.before.name(at.to), d.before, d.after}
		if i, covered := c.wide[pair{c.class[at.from], c.class[at.to]}]; covered {
			c.changes[i].Except = append(c.changes[i].Except, e)
			if w.explains(d) {
				continue
			}
		}
		if d.changes() {
			own = append(own, e)
		}
	}
	c.changes = append(c.changes, grouped(own)...)
}

// explains reports whether a pair opens and closes nothing that the change around it does not.
func (d delta) explains(of delta) bool {
	opened, closed := of.after.Minus(of.before), of.before.Minus(of.after)
	return len(opened.Minus(d.after.Minus(d.before))) == 0 && len(closed.Minus(d.before.Minus(d.after))) == 0
}

func comparePairs(a, b pair) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) }

// isolation compares the pods that nothing declares.
func (c *comparing) isolation() []IsolationChange {
	var out []IsolationChange
	for i, p := range c.before.pods {
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			if now := c.after.sides[d][i].isolated; p.Name == other && now != c.before.sides[d][i].isolated {
				out = append(out, IsolationChange{c.before.name(i), d, now})
			}
		}
	}
	return out
}
