package reach

import (
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// blockFlow is what is open to addresses.
type blockFlow struct {
	addresses *netipx.IPSet
	ports     Ports
	from      origins
}

// equal reports whether the same is open, wherever it comes from.
func (f blockFlow) equal(g blockFlow) bool {
	return f.ports.Equal(g.ports) && f.addresses.Equal(g.addresses)
}

// addressSet returns the addresses of ranges without those of others.
func addressSet(cidrs, except []netip.Prefix) *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, c := range cidrs {
		b.AddPrefix(c)
	}
	for _, e := range except {
		b.RemovePrefix(e)
	}
	return mustSet(&b)
}

// withoutWide takes from flows those that the whole namespace has.
func withoutWide(flows, wide []blockFlow) []blockFlow {
	for _, w := range wide {
		var left []blockFlow
		for _, f := range flows {
			if rest := f.ports.Minus(w.ports); len(rest) > 0 {
				left = append(left, blockFlow{f.addresses, rest, f.from})
			}
			if both := f.ports.Intersect(w.ports); len(both) > 0 {
				if addresses := minus(f.addresses, w.addresses); len(addresses.Ranges()) > 0 {
					left = append(left, blockFlow{addresses, both, f.from})
				}
			}
		}
		flows = left
	}
	return flows
}

func minus(a, b *netipx.IPSet) *netipx.IPSet {
	var builder netipx.IPSetBuilder
	builder.AddSet(a)
	builder.RemoveSet(b)
	return mustSet(&builder)
}

func mustSet(b *netipx.IPSetBuilder) *netipx.IPSet {
	set, err := b.IPSet()
	if err != nil {
		panic(err) // the prefixes and sets are valid
	}
	return set
}

// regroup returns flows in which no port occurs twice, sorted by their first port: for each group of ports the
// addresses that are open on them. Equal flows give equal groups, however they were divided into rules.
func regroup(flows []blockFlow) []blockFlow {
	if len(flows) == 0 {
		return nil
	}
	if samePorts := !slices.ContainsFunc(flows, func(f blockFlow) bool { return !f.ports.Equal(flows[0].ports) }); samePorts {
		return []blockFlow{united(flows, flows[0].ports)}
	}
	var cuts []uint32
	for _, f := range flows {
		for _, s := range f.ports {
			cuts = append(cuts, s.lo, s.hi+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []blockFlow
	for i := 0; i+1 < len(cuts); i++ {
		atom := Ports{{cuts[i], cuts[i+1] - 1}}
		var open []blockFlow
		for _, f := range flows {
			if len(f.ports.Intersect(atom)) > 0 {
				open = append(open, f)
			}
		}
		if len(open) == 0 {
			continue
		}
		group := united(open, atom)
		at := slices.IndexFunc(out, func(f blockFlow) bool { return f.addresses.Equal(group.addresses) })
		if at < 0 {
			out = append(out, group)
			continue
		}
		out[at].ports = out[at].ports.Union(atom)
		out[at].from = append(out[at].from, group.from...)
	}
	return out
}

// united returns the addresses of flows, which are not empty, as one flow.
func united(flows []blockFlow, ports Ports) blockFlow {
	if len(flows) == 1 {
		return blockFlow{flows[0].addresses, ports, slices.Clip(flows[0].from)}
	}
	var b netipx.IPSetBuilder
	var from origins
	for _, f := range flows {
		b.AddSet(f.addresses)
		from = append(from, f.from...)
	}
	return blockFlow{mustSet(&b), ports, from}
}

func addressText(s *netipx.IPSet) string {
	var b strings.Builder
	for _, r := range s.Ranges() {
		b.WriteString(r.String())
		b.WriteByte(' ')
	}
	return b.String()
}
