package oracle

import (
	"fmt"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// block is addresses of a range without those of others.
type block struct {
	in     netip.Prefix
	except []netip.Prefix
}

func (b *block) contains(a netip.Addr) bool {
	return b.in.Contains(a) && !slices.ContainsFunc(b.except, func(e netip.Prefix) bool { return e.Contains(a) })
}

func parseBlock(b networkingv1.IPBlock) (block, error) {
	in, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return block{}, err
	}
	out := block{in: in.Masked()}
	for _, text := range b.Except {
		e, err := netip.ParsePrefix(text)
		if err != nil {
			return block{}, err
		}
		out.except = append(out.except, e.Masked())
	}
	return out, nil
}

// block returns the number of a block.
func (w *World) block(b networkingv1.IPBlock) (int, error) {
	parsed, err := parseBlock(b)
	if err != nil {
		return 0, err
	}
	key := fmt.Sprint(parsed.in, parsed.except)
	if i, known := w.blockIndex[key]; known {
		return i, nil
	}
	w.blockIndex[key] = len(w.blocks)
	w.blocks = append(w.blocks, parsed)
	return len(w.blocks) - 1, nil
}

// makeAddresses makes the classes of addresses. An address that tells two blocks apart is the first or the last of a
// range, or next to one.
func (w *World) makeAddresses() {
	candidates := []netip.Addr{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("::")}
	add := func(p netip.Prefix) {
		last := lastOf(p)
		candidates = append(candidates, p.Addr(), last)
		if before := p.Addr().Prev(); before.IsValid() {
			candidates = append(candidates, before)
		}
		if next := last.Next(); next.IsValid() {
			candidates = append(candidates, next)
		}
	}
	for _, b := range w.blocks {
		add(b.in)
		for _, e := range b.except {
			add(e)
		}
	}
	known := map[string]bool{}
	for _, a := range candidates {
		in := newBits(len(w.blocks))
		for i := range w.blocks {
			if w.blocks[i].contains(a) {
				in.set(i)
			}
		}
		if !known[in.key()] {
			known[in.key()] = true
			w.ends = append(w.ends, End{Plain: true, in: in, address: a})
		}
	}
}

// lastOf returns the last address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	data := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(data); i++ {
		data[i/8] |= 1 << (7 - i%8)
	}
	out, _ := netip.AddrFromSlice(data)
	return out
}
