package flows

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// addressName returns the name of addresses: of a named range where they are one, "internet" and the rest, or the
// ranges themselves, each family in the shorter of two forms: one range after the other, or all but some.
func addressName(s sets.Addresses, ranges []world.Range) string {
	if s.Equal(sets.AllAddresses()) {
		return Outside
	}
	for _, r := range ranges {
		if s.Equal(sets.AddressesOf(r.CIDRs, r.Except)) {
			return r.Name
		}
	}
	var names []string
	for _, r := range ranges {
		if set := sets.AddressesOf(r.CIDRs, r.Except); r.Name == internetName && set.Within(s) {
			names = append(names, r.Name)
			s = s.Minus(set)
			break
		}
	}
	names = append(names, familyName(s, netip.MustParsePrefix("0.0.0.0/0"))...)
	names = append(names, familyName(s, netip.MustParsePrefix("::/0"))...)
	return strings.Join(names, " ")
}

// isNamed reports whether addresses have a name.
func isNamed(s sets.Addresses, ranges []world.Range) bool {
	return !s.IsEmpty() && slices.ContainsFunc(ranges, func(r world.Range) bool { return s.Equal(sets.AddressesOf(r.CIDRs, r.Except)) })
}

const internetName = "internet"

// familyName returns the ranges of one address family.
func familyName(s sets.Addresses, all netip.Prefix) []string {
	inside := sets.AddressesOf([]netip.Prefix{all}, nil)
	has, lacks := s.Intersect(inside).Prefixes(), inside.Minus(s).Prefixes()
	if len(has) <= len(lacks)+1 {
		return texts(has)
	}
	return []string{all.String() + " except (" + strings.Join(texts(lacks), " ") + ")"}
}

func texts(prefixes []netip.Prefix) []string {
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = p.String()
	}
	return out
}
