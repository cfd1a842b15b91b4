package sets

import (
	"net/netip"
	"slices"
	"strings"

	"go4.org/netipx"
)

// Addresses is a set of IP addresses of both families. The zero Addresses is empty. Sets are never changed.
type Addresses struct{ set *netipx.IPSet }

// AddressesOf returns the addresses of ranges without those of others. The ranges are valid.
func AddressesOf(cidrs, except []netip.Prefix) Addresses {
	var b netipx.IPSetBuilder
	for _, c := range cidrs {
		b.AddPrefix(c)
	}
	for _, e := range except {
		b.RemovePrefix(e)
	}
	return built(&b)
}

// Address returns the set of one address.
func Address(a netip.Addr) Addresses {
	return AddressesOf([]netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil)
}

// AllAddresses returns every address.
func AllAddresses() Addresses {
	var b netipx.IPSetBuilder
	b.Complement()
	return built(&b)
}

func built(b *netipx.IPSetBuilder) Addresses {
	set, err := b.IPSet()
	if err != nil {
		panic(err) // only valid prefixes and sets were added
	}
	if len(set.Ranges()) == 0 {
		return Addresses{}
	}
	return Addresses{set}
}

// IsEmpty reports whether the set holds no address.
func (a Addresses) IsEmpty() bool { return a.set == nil }

// Ranges returns the addresses as sorted ranges that do not touch.
func (a Addresses) Ranges() []netipx.IPRange {
	if a.set == nil {
		return nil
	}
	return a.set.Ranges()
}

// Prefixes returns the addresses as the fewest prefixes.
func (a Addresses) Prefixes() []netip.Prefix {
	if a.set == nil {
		return nil
	}
	return a.set.Prefixes()
}

// Contains reports whether an address is in the set.
func (a Addresses) Contains(x netip.Addr) bool { return a.set != nil && a.set.Contains(x) }

// Equal reports whether both sets hold the same addresses.
func (a Addresses) Equal(b Addresses) bool { return slices.Equal(a.Ranges(), b.Ranges()) }

// Union returns the addresses of either set.
func (a Addresses) Union(b Addresses) Addresses {
	switch {
	case a.set == nil:
		return b
	case b.set == nil || a.set == b.set:
		return a
	}
	var out netipx.IPSetBuilder
	out.AddSet(a.set)
	out.AddSet(b.set)
	return built(&out)
}

// Intersect returns the addresses of both sets.
func (a Addresses) Intersect(b Addresses) Addresses {
	switch {
	case a.set == nil || b.set == nil:
		return Addresses{}
	case a.set == b.set:
		return a
	}
	var out netipx.IPSetBuilder
	out.AddSet(a.set)
	out.Intersect(b.set)
	return built(&out)
}

// Minus returns the addresses of a that b has not.
func (a Addresses) Minus(b Addresses) Addresses {
	switch {
	case a.set == nil || b.set == nil:
		return a
	case a.set == b.set:
		return Addresses{}
	}
	var out netipx.IPSetBuilder
	out.AddSet(a.set)
	out.RemoveSet(b.set)
	return built(&out)
}

// Overlaps reports whether some address is in both sets.
func (a Addresses) Overlaps(b Addresses) bool {
	return a.set != nil && b.set != nil && (a.set == b.set || a.set.Overlaps(b.set))
}

// Within reports whether every address of a is in b.
func (a Addresses) Within(b Addresses) bool { return a.Minus(b).IsEmpty() }

// Example returns the first address of a set that is not empty.
func (a Addresses) Example() netip.Addr { return a.set.Ranges()[0].From() }

// Text returns the ranges one after the other, equal for equal sets.
func (a Addresses) Text() string {
	var b strings.Builder
	for _, r := range a.Ranges() {
		b.WriteString(r.String())
		b.WriteByte(' ')
	}
	return b.String()
}
