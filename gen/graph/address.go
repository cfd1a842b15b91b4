package graph

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/sets"
)

// mapped is the range of IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2).
var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// ParseCIDR reads an address range without brackets, such as "10.0.0.0/8" or "2001:db8::/32", and returns it in
// canonical form. It refuses an address without a mask, host bits, zones, placeholders and IPv4-mapped IPv6 ranges; the
// error's help says what to write.
func ParseCIDR(s string) (netip.Prefix, error) {
	p, err := parseCIDR(s)
	if err != nil {
		return p, err
	}
	if p.Addr().Is4In6() {
		help := "write the IPv4 range"
		if p.Bits() >= mapped.Bits() {
			help = fmt.Sprintf("write `%s`", netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped.Bits()).Masked())
		}
		return p, cidrError(fmt.Sprintf("`%s` is an IPv4-mapped IPv6 range, which Kubernetes refuses", s), help)
	}
	return p, nil
}

// ParseExcept reads an address range that is taken out of another. Besides what ParseCIDR takes it may be all of
// ::ffff:0:0/96.
func ParseExcept(s string) (netip.Prefix, error) {
	if p, err := parseCIDR(s); err == nil && p == mapped {
		return p, nil
	}
	return ParseCIDR(s)
}

func parseCIDR(s string) (netip.Prefix, *SyntaxError) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		help := "write the range without them"
		if p, err := ParseCIDR(strings.TrimSuffix(inner, "]")); err == nil {
			help = fmt.Sprintf("write `%s`", p)
		}
		return netip.Prefix{}, cidrError(fmt.Sprintf("brackets around `%s` belong to edges only", s), help)
	}
	p, err := netip.ParsePrefix(s)
	if err == nil {
		if p.Masked() != p && !p.Addr().Is4In6() {
			return p, cidrError(fmt.Sprintf("`%s` has bits set behind its mask", s), fmt.Sprintf("write the network `%s`, or the one address `%s`", p.Masked(), hostPrefix(p.Addr())))
		}
		return p, nil
	}
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return p, cidrError(fmt.Sprintf("the address `%s` has no mask", s), fmt.Sprintf("write `%s`", hostPrefix(addr.Unmap())))
	}
	addr, mask, _ := strings.Cut(s, "/")
	if ip, err := netip.ParseAddr(addr); err == nil {
		if ip.Zone() != "" {
			return p, cidrError(fmt.Sprintf("`%s` has the zone `%s`, which no policy can hold", s, ip.Zone()), "write the range without it")
		}
		return p, cidrError(fmt.Sprintf("the mask `%s` of `%s` is not a number from 0 to %d", mask, s, ip.BitLen()), fmt.Sprintf("the one address is `%s`", hostPrefix(ip.Unmap())))
	}
	if isPlaceholder(s) {
		return p, cidrError(fmt.Sprintf("`%s` looks like a placeholder that was never filled in", s), "write a real range, such as `10.0.0.0/8`")
	}
	return p, cidrError(fmt.Sprintf("`%s` is not an address range", s), "an address range is written `10.0.0.0/8` or `2001:db8::/32`")
}

// hostPrefix returns the range that holds one address.
func hostPrefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// isPlaceholder reports whether text in an address's place has marks of a template, or letters for its numbers as in
// `10.0.x.0/24`, `a.b.c.d` and `2001:db8:xxxx::/48`.
func isPlaceholder(s string) bool {
	if strings.ContainsAny(s, "<>{}$%") {
		return true
	}
	addr, _, _ := strings.Cut(strings.ToLower(s), "/")
	if strings.Contains(addr, ":") {
		return strings.Trim(addr, "0123456789abcdefxyz:.") == "" && strings.ContainsAny(addr, "xyz")
	}
	parts := strings.Split(addr, ".")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" && strings.Trim(p, p[:1]) != "" {
			return false
		}
	}
	return len(parts) == 4 && strings.ContainsFunc(addr, isLetter)
}

func cidrError(message, help string) *SyntaxError {
	return &SyntaxError{Rule: invalidCIDR, Message: message, Help: help}
}

// Block is a range of addresses without some ranges inside it, as in the API's IPBlock.
type Block struct {
	CIDR   netip.Prefix
	Except []netip.Prefix
}

// Blocks returns the ranges, each without the excepted ranges that lie inside it, in the order of the addresses.
// Ranges and exceptions inside others of their kind are left out, and so are ranges that an exception takes away whole.
func Blocks(cidrs, except []netip.Prefix) []Block {
	cidrs, except = outermost(cidrs), outermost(except)
	blocks := make([]Block, 0, len(cidrs))
	for _, c := range cidrs {
		b := Block{CIDR: c}
		for _, e := range except {
			if strictlyInside(e, c) {
				b.Except = append(b.Except, e)
			}
		}
		if !slices.ContainsFunc(except, func(e netip.Prefix) bool { return contains(e, c) }) {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// outermost returns the sorted prefixes that no other one contains.
func outermost(prefixes []netip.Prefix) []netip.Prefix {
	sorted := sortedPrefixes(prefixes)
	var out []netip.Prefix
	for _, p := range sorted {
		if len(out) > 0 && contains(out[len(out)-1], p) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// contains reports whether every address of q is in p.
func contains(p, q netip.Prefix) bool { return p.Bits() <= q.Bits() && p.Overlaps(q) }

// strictlyInside reports whether q is a proper part of p.
func strictlyInside(q, p netip.Prefix) bool { return p.Bits() < q.Bits() && p.Overlaps(q) }

// BlockAddresses returns the addresses of blocks.
func BlockAddresses(blocks []Block) sets.Addresses {
	var out sets.Addresses
	for _, b := range blocks {
		out = out.Union(sets.AddressesOf([]netip.Prefix{b.CIDR}, b.Except))
	}
	return out
}
