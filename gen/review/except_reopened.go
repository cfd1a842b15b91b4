package review

import (
	"net/netip"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/sets"
)

// exceptReopened finds exceptions that take nothing away: a wider range of another item or rule opens all of them again, for
// the same pods and ports. A range that is no wider than the exception is there to open it.
func (r *reviewer) exceptReopened(x *writtenRule) {
	if x.declared(anyEdge) {
		return
	}
	for i, peer := range x.Peers {
		if peer.IPBlock == nil {
			continue
		}
		for j, text := range peer.IPBlock.Except {
			except, err := netip.ParsePrefix(text)
			if err != nil {
				continue
			}
			if y, k := r.reopening(x, i, except); y != nil {
				r.findings.Warnf(diag.ExceptReopened, x.Value(x.peerPath(i, "ipBlock", "except", j)...), "`%s` is excepted here, and opened again by `%s` for the same pods and ports", text, y.Peers[k].IPBlock.CIDR).
					WithHelp("items and rules add up: write the exception in each of them").
					WithRelated(y.Value(y.peerPath(k)...), "the other range")
				break
			}
		}
	}
}

// reopening returns a rule and the place of a peer in it that opens an exception of a peer to the same pods, on all of its
// ports.
func (r *reviewer) reopening(x *writtenRule, i int, except netip.Prefix) (*writtenRule, int) {
	taken := sets.AddressesOf([]netip.Prefix{except}, nil)
	for _, q := range r.selecting(x.selected) {
		if !r.Within(x.selected, q.selected) {
			continue
		}
		for _, y := range q.rules {
			if y.Direction != x.Direction || !covers(y.Ports, x.Ports) {
				continue
			}
			for k, other := range y.Peers {
				if other.IPBlock == nil || y == x && k == i {
					continue
				}
				wide, err := netip.ParsePrefix(other.IPBlock.CIDR)
				if err == nil && wide.Bits() < except.Bits() && taken.Within(r.end(y, other).Addresses) {
					return y, k
				}
			}
		}
	}
	return nil, 0
}
