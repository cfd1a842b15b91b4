package reach

import (
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// Range is addresses that have a name, such as `internet`.
type Range struct {
	Name          string
	CIDRs, Except []netip.Prefix
}

// addressName returns the name of addresses: of a named range where they are one, "internet" and the rest, or the
// ranges themselves, each family in the shorter of two forms: one range after the other, or all but some.
func (f *flows) addressName(s *netipx.IPSet) string {
	if s.Equal(everyAddress()) {
		return Outside
	}
	for _, r := range f.cluster.Ranges {
		if s.Equal(addressSet(r.CIDRs, r.Except)) {
			return r.Name
		}
	}
	var names []string
	for _, r := range f.cluster.Ranges {
		if set := addressSet(r.CIDRs, r.Except); r.Name == internetName && len(minus(set, s).Ranges()) == 0 {
			names = append(names, r.Name)
			s = minus(s, set)
			break
		}
	}
	names = append(names, familyName(s, netip.MustParsePrefix("0.0.0.0/0"))...)
	names = append(names, familyName(s, netip.MustParsePrefix("::/0"))...)
	return strings.Join(names, " ")
}

const internetName = "internet"

// familyName returns the ranges of one address family.
func familyName(s *netipx.IPSet, all netip.Prefix) []string {
	inside := addressSet([]netip.Prefix{all}, nil)
	has, lacks := intersect(s, inside).Prefixes(), minus(inside, s).Prefixes()
	if len(has) <= len(lacks)+1 {
		return texts(has)
	}
	return []string{all.String() + " except (" + strings.Join(texts(lacks), " ") + ")"}
}

func intersect(a, b *netipx.IPSet) *netipx.IPSet {
	var builder netipx.IPSetBuilder
	builder.AddSet(a)
	builder.Intersect(b)
	return mustSet(&builder)
}

func texts(prefixes []netip.Prefix) []string {
	out := make([]string, len(prefixes))
	for i, p := range prefixes {
		out[i] = p.String()
	}
	return out
}

func everyAddress() *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.Complement()
	return mustSet(&b)
}
