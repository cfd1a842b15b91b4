package flows

import (
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// outsideChanges adds what pods may send to and receive from addresses outside of the cluster.
func (c *comparing) outsideChanges() {
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
		o := outside{comparing: c, direction: d}
		o.wideChanges()
		o.narrowChanges()
	}
}

// outside is one direction of the flows with addresses.
type outside struct {
	*comparing
	direction graph.Directions
}

// wideDelta is what is open to every address.
func (o outside) wideDelta(pod int) delta {
	return delta{o.before.sides[o.direction][pod].outside, o.after.sides[o.direction][pod].outside}
}

// wideChanges adds the changes for every address. What single ranges had before or keep are exceptions.
func (o outside) wideChanges() {
	pods, deltas := map[string][]int{}, map[string]delta{}
	for i := range o.before.pods {
		if d := o.wideDelta(i); d.changes() {
			pods[d.key()] = append(pods[d.key()], i)
			deltas[d.key()] = d
		}
	}
	for _, key := range slices.Sorted(maps.Keys(pods)) {
		d := deltas[key]
		change := o.change(o.before.names(pods[key]), Outside, d)
		for _, i := range pods[key] {
			for _, f := range o.exceptions(i, d) {
				e := o.change([]string{o.before.name(i)}, o.before.addressName(f.addresses), delta{
					d.before.Union(o.portsAt(o.before, i, f)), d.after.Union(o.portsAt(o.after, i, f)),
				})
				change.Except = append(change.Except, Exception{e.From[0], e.To[0], e.Before, e.After})
			}
		}
		o.changes = append(o.changes, change)
	}
}

// exceptions returns the ranges that had ports which open to every address, or keep ports which close.
func (o outside) exceptions(pod int, d delta) []blockFlow {
	var out []blockFlow
	for _, f := range o.before.sides[o.direction][pod].blocks {
		if opened := f.ports.Intersect(d.after.Minus(d.before)); len(opened) > 0 {
			out = append(out, f)
		}
	}
	for _, f := range o.after.sides[o.direction][pod].blocks {
		if closed := f.ports.Intersect(d.before.Minus(d.after)); len(closed) > 0 {
			out = append(out, f)
		}
	}
	return joined(out)
}

// portsAt returns the ports that are open to all addresses of a range by rules for ranges.
func (o outside) portsAt(side *flows, pod int, at blockFlow) sets.Ports {
	var out sets.Ports
	for _, f := range regroup(side.sides[o.direction][pod].blocks) {
		if at.addresses.Within(f.addresses) {
			out = out.Union(f.ports)
		}
	}
	return out
}

// narrowChanges adds the changes for ranges that those for every address do not explain.
func (o outside) narrowChanges() {
	pods, found := map[string][]int{}, map[string][2][]blockFlow{}
	for i := range o.before.pods {
		w := o.wideDelta(i)
		before, after := o.before.outsideFlows(i, o.direction), o.after.outsideFlows(i, o.direction)
		opened := beyond(withoutWide(after, before), w.after.Minus(w.before))
		closed := beyond(withoutWide(before, after), w.before.Minus(w.after))
		if len(opened)+len(closed) == 0 {
			continue
		}
		key := blocksKey(opened) + "\n" + blocksKey(closed)
		pods[key] = append(pods[key], i)
		found[key] = [2][]blockFlow{opened, closed}
	}
	for _, key := range slices.Sorted(maps.Keys(pods)) {
		names := o.before.names(pods[key])
		for _, f := range found[key][0] {
			o.changes = append(o.changes, o.change(names, o.before.addressName(f.addresses), delta{after: f.ports}))
		}
		for _, f := range found[key][1] {
			o.changes = append(o.changes, o.change(names, o.before.addressName(f.addresses), delta{before: f.ports}))
		}
	}
}

// beyond returns flows without some ports.
func beyond(flows []blockFlow, ports sets.Ports) []blockFlow {
	return regroup(withoutWide(flows, []blockFlow{{addresses: sets.AllAddresses(), ports: ports}}))
}

// change returns a change between pods and addresses.
func (o outside) change(pods []string, addresses string, d delta) Change {
	out := Change{From: pods, To: []string{addresses}, Before: d.before, After: d.after}
	if o.direction == graph.Ingress {
		out.From, out.To = out.To, out.From
	}
	return out
}

func blocksKey(flows []blockFlow) string {
	var out strings.Builder
	for _, f := range flows {
		out.WriteString(f.addresses.Text() + f.ports.String() + ";")
	}
	return out.String()
}
