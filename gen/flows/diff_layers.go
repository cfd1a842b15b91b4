package flows

import (
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// layers compares what rules say in a direction that do more than open. What becomes of a flow can differ only where a rule
// that one side alone has speaks of it: of a policy with another priority, all rules are others.
func (c *comparing) layers(d graph.Directions, kind sets.Kind) {
	var has [2]map[string]bool
	for side := range c.sides {
		has[side] = map[string]bool{}
		for _, l := range c.sides[side].of(d, kind).layers {
			has[side][l.key] = true
		}
	}
	looked := map[string]bool{}
	for side := range c.sides {
		for i := range c.sides[side].of(d, kind).layers {
			if l := &c.sides[side].of(d, kind).layers[i]; !has[1-side][l.key] && !looked[l.key] {
				looked[l.key] = true
				c.layer(d, kind, l, side)
			}
		}
	}
}

// layer adds the changes of what a rule speaks of that one side alone has: it may open some flows and close others.
func (c *comparing) layer(d graph.Directions, kind sets.Kind, l *layer, side int) {
	for open := range c.sides {
		ports, witness := c.ports(d, kind, l.box, open)
		if ports.IsEmpty() {
			continue
		}
		out := Change{Before: ports}
		if open == 1 {
			out = Change{After: ports}
		}
		if l.name != nil {
			out.Name = l.name.String()
		}
		c.declare(&out, d, kind, l.box, witness, open)
		from, to := c.ends(kind, l.box, side, nil, out.Undeclared)
		out.From, out.To, out.Reach = []string{from}, []string{to}, c.reach(kind, l.box)
		c.changes = append(c.changes, out)
	}
}
