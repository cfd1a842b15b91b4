package graph

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

func parsePrefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func TestParseCIDR(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.0/8":                       "10.0.0.0/8",
		"0.0.0.0/0":                        "0.0.0.0/0",
		"10.1.2.3/32":                      "10.1.2.3/32",
		"2001:DB8::/32":                    "2001:db8::/32",
		"2001:0db8:0000:0000:0000::/80":    "2001:db8::/80",
		"::/0":                             "::/0",
		"::1/128":                          "::1/128",
		"64:ff9b::10.0.0.0/104":            "64:ff9b::a00:0/104",
		"0:0:0:0:0:0:0:0/1":                "::/1",
		"ffff:ffff:ffff:ffff:ffff::ff/128": "ffff:ffff:ffff:ffff:ffff::ff/128",
	} {
		p, err := ParseCIDR(in)
		if err != nil || p.String() != want {
			t.Errorf("%q: got %v, %v", in, p, err)
		}
		if p2, err := ParseExcept(in); err != nil || p2 != p {
			t.Errorf("%q as an exception: got %v, %v", in, p2, err)
		}
	}
	// The one IPv4-mapped range that may be taken out of another.
	if p, err := ParseExcept("::ffff:0:0/96"); err != nil || p != mapped {
		t.Errorf("got %v, %v", p, err)
	}
}

// universe is a few addresses: 256 next to each other, and some elsewhere.
type universe struct {
	addrs []netip.Addr
	// bits is how long the prefixes are that hold the 256 addresses, and one of them.
	outer, inner int
}

func newUniverse(network string, outside ...string) universe {
	p := netip.MustParsePrefix(network)
	u := universe{outer: p.Bits(), inner: p.Addr().BitLen()}
	for a := p.Addr(); p.Contains(a); a = a.Next() {
		u.addrs = append(u.addrs, a)
	}
	for _, s := range outside {
		u.addrs = append(u.addrs, netip.MustParseAddr(s))
	}
	return u
}

// prefix returns a prefix of some of the addresses, mostly a short one, now and then one that holds all of them.
func (u universe) prefix(r *rand.Rand) netip.Prefix {
	bits := u.outer + r.IntN(u.inner-u.outer+1)
	switch r.IntN(16) {
	case 0:
		bits = 0
	case 1:
		bits = u.outer - 1
	}
	return netip.PrefixFrom(u.addrs[r.IntN(256)], bits).Masked()
}

func (u universe) prefixes(r *rand.Rand, most int) []netip.Prefix {
	var out []netip.Prefix
	for range r.IntN(most + 1) {
		out = append(out, u.prefix(r))
	}
	return out
}

// members returns which of the addresses some prefix holds.
func (u universe) members(prefixes []netip.Prefix) []bool {
	out := make([]bool, len(u.addrs))
	for i, a := range u.addrs {
		out[i] = slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return out
}

// blocks returns which of the addresses some block holds, as the API server reads ipBlock.
func (u universe) blocks(blocks []Block) []bool {
	out := make([]bool, len(u.addrs))
	for _, b := range blocks {
		in, except := u.members([]netip.Prefix{b.CIDR}), u.members(b.Except)
		for i := range out {
			out[i] = out[i] || in[i] && !except[i]
		}
	}
	return out
}

func universes() map[string]universe {
	return map[string]universe{
		"IPv4": newUniverse("10.0.0.0/24", "10.0.1.0", "11.0.0.0", "0.0.0.0", "255.255.255.255"),
		"IPv6": newUniverse("2001:db8::/120", "2001:db8::1:0", "::", "::1", "ffff::"),
	}
}

func TestBlocks(t *testing.T) {
	for name, u := range universes() {
		r := rand.New(rand.NewPCG(3, 4))
		for range 2000 {
			cidrs, except := u.prefixes(r, 4), u.prefixes(r, 4)
			blocks := Blocks(cidrs, except)
			in, out, got := u.members(cidrs), u.members(except), u.blocks(blocks)
			for i, a := range u.addrs {
				if want := in[i] && !out[i]; got[i] != want {
					t.Fatalf("%s: %v without %v: %v holds %s: %t", name, cidrs, except, blocks, a, got[i])
				}
			}
			for i, b := range blocks {
				if i > 0 && (blocks[i-1].CIDR.Overlaps(b.CIDR) || b.CIDR.Addr().Less(blocks[i-1].CIDR.Addr())) {
					t.Errorf("blocks %v are not sorted and apart", blocks)
				}
				for j, e := range b.Except {
					// ValidateIPBlock: an exception must be a strict subset of the range.
					if !strictlyInside(e, b.CIDR) || j > 0 && (b.Except[j-1].Overlaps(e) || e.Addr().Less(b.Except[j-1].Addr())) {
						t.Errorf("exceptions of %v", b)
					}
				}
			}
		}
	}
}

func TestBlocksDoNotTouchTheirInput(t *testing.T) {
	cidrs := parsePrefixes("10.1.0.0/16", "10.0.0.0/8", "1.0.0.0/8")
	except := parsePrefixes("10.2.3.0/24", "10.2.0.0/16")
	before := [2][]netip.Prefix{slices.Clone(cidrs), slices.Clone(except)}
	Blocks(cidrs, except)
	if !slices.Equal(cidrs, before[0]) || !slices.Equal(except, before[1]) {
		t.Errorf("%v, %v", cidrs, except)
	}
}

// overlap reports whether two lists of blocks share an address.
func overlap(a, b []Block) bool { return BlockAddresses(a).Overlaps(BlockAddresses(b)) }

func TestOverlap(t *testing.T) {
	for name, u := range universes() {
		r := rand.New(rand.NewPCG(5, 6))
		overlaps := 0
		// Blocks outside of the 256 addresses are left out: where they overlap, the model cannot see it.
		longer := func(bits int, prefixes []netip.Prefix) []netip.Prefix {
			return slices.DeleteFunc(prefixes, func(p netip.Prefix) bool { return p.Bits() < bits })
		}
		for range 3000 {
			a := Blocks(longer(u.outer, u.prefixes(r, 3)), longer(u.outer+2, u.prefixes(r, 8)))
			b := Blocks(longer(u.outer, u.prefixes(r, 3)), longer(u.outer+2, u.prefixes(r, 8)))
			inA, inB := u.blocks(a), u.blocks(b)
			want := false
			for i := range u.addrs {
				want = want || inA[i] && inB[i]
			}
			if want {
				overlaps++
			}
			if got := overlap(a, b); got != want || overlap(b, a) != want {
				t.Fatalf("%s: %v and %v: %t, want %t", name, a, b, got, want)
			}
		}
		if overlaps < 300 || overlaps > 2700 {
			t.Errorf("%s: %d of 3000 overlap, so that the test says little", name, overlaps)
		}
	}
}

func TestOverlapByHand(t *testing.T) {
	block := func(cidr string, except ...string) []Block {
		return []Block{{netip.MustParsePrefix(cidr), parsePrefixes(except...)}}
	}
	for _, c := range []struct {
		a, b []Block
		want bool
	}{
		{block("10.0.0.0/8"), block("10.1.0.0/16"), true},
		{block("10.0.0.0/8", "10.1.0.0/16"), block("10.1.0.0/16"), false},
		{block("10.0.0.0/8", "10.1.0.0/16"), block("10.0.0.0/15"), true},
		// The exceptions of both together leave nothing.
		{block("10.0.0.0/8", "10.0.0.0/9"), block("10.0.0.0/8", "10.128.0.0/9"), false},
		{block("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/2"), block("128.0.0.0/1", "192.0.0.0/2"), false},
		{block("0.0.0.0/0"), block("::/0"), false},
		{block("::/0", "::/1"), block("::/0", "8000::/1"), false},
		{block("::/0", "::/1"), block("::/0", "8000::/2"), true},
		{block("::/0", "::ffff:0:0/96"), block("10.0.0.0/8"), false},
		{block("2001:db8::1/128"), block("2001:db8::1/128"), true},
		{nil, block("0.0.0.0/0"), false},
	} {
		if got := overlap(c.a, c.b); got != c.want || overlap(c.b, c.a) != c.want {
			t.Errorf("%v and %v: %t", c.a, c.b, got)
		}
	}
}
