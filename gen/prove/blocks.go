package prove

import (
	"cmp"
	"slices"

	"github.com/npgen/npgen/gen/sets"
)

// blockFlow is what is open to addresses.
type blockFlow struct {
	addresses sets.Addresses
	ports     sets.Ports
	from      origins
}

// equal reports whether the same is open, wherever it comes from.
func (f blockFlow) equal(g blockFlow) bool {
	return f.ports.Equal(g.ports) && f.addresses.Equal(g.addresses)
}

// withoutWide takes from flows those that the whole namespace has.
func withoutWide(flows, wide []blockFlow) []blockFlow {
	for _, w := range wide {
		var left []blockFlow
		for _, f := range flows {
			if rest := f.ports.Minus(w.ports); !rest.IsEmpty() {
				left = append(left, blockFlow{f.addresses, rest, f.from})
			}
			if shared := f.ports.Intersect(w.ports); !shared.IsEmpty() {
				if addresses := f.addresses.Minus(w.addresses); !addresses.IsEmpty() {
					left = append(left, blockFlow{addresses, shared, f.from})
				}
			}
		}
		flows = left
	}
	return flows
}

// regroup returns flows in which no port occurs twice, in an order: for each group of ports the addresses that are open
// on them. Equal flows give equal groups, however they were divided into rules.
func regroup(flows []blockFlow) []blockFlow {
	if len(flows) == 0 {
		return nil
	}
	if samePorts := !slices.ContainsFunc(flows, func(f blockFlow) bool { return !f.ports.Equal(flows[0].ports) }); samePorts {
		return []blockFlow{united(flows, flows[0].ports)}
	}
	var out []blockFlow
	for _, part := range divided(flows) {
		group := united(part.flows, part.ports)
		i := slices.IndexFunc(out, func(f blockFlow) bool { return f.addresses.Equal(group.addresses) })
		if i < 0 {
			out = append(out, group)
			continue
		}
		out[i].ports = out[i].ports.Union(part.ports)
		out[i].from = append(out[i].from, group.from...)
	}
	slices.SortFunc(out, func(a, b blockFlow) int { return cmp.Compare(a.ports.String(), b.ports.String()) })
	return out
}

// portPart is ports that all of some flows have, and no other flow has one of them.
type portPart struct {
	ports sets.Ports
	flows []blockFlow
}

// divided divides the ports of flows into parts that no flow has a part of only.
func divided(flows []blockFlow) []portPart {
	var parts []portPart
	for _, f := range flows {
		rest := f.ports
		for i := range parts {
			shared := parts[i].ports.Intersect(rest)
			if shared.IsEmpty() {
				continue
			}
			if others := parts[i].ports.Minus(shared); !others.IsEmpty() {
				parts = append(parts, portPart{others, slices.Clip(parts[i].flows)})
			}
			parts[i] = portPart{shared, append(parts[i].flows, f)}
			rest = rest.Minus(shared)
		}
		if !rest.IsEmpty() {
			parts = append(parts, portPart{rest, []blockFlow{f}})
		}
	}
	return parts
}

// united returns the addresses of flows, which are not empty, as one flow.
func united(flows []blockFlow, ports sets.Ports) blockFlow {
	if len(flows) == 1 {
		return blockFlow{flows[0].addresses, ports, slices.Clip(flows[0].from)}
	}
	var addresses sets.Addresses
	var from origins
	for _, f := range flows {
		addresses = addresses.Union(f.addresses)
		from = append(from, f.from...)
	}
	return blockFlow{addresses, ports, from}
}
