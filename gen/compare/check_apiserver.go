package compare

import (
	"net/netip"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// APIServerField returns the field `apiserver` of the EndpointSlice `kubernetes` in the manifests, "" where that is not there.
func APIServerField(inv *inventory.Inventory) string {
	a, known := inv.APIServer()
	if !known {
		return ""
	}
	return draft.APIServerField(a)
}

// apiServers finds packages whose `apiserver` leaves out an address or a port at which the API server answers.
func (c *checker) apiServers() {
	a, known := c.inv.APIServer()
	if !known {
		return
	}
	for _, p := range c.g.Packages {
		if p.APIServer == nil {
			continue
		}
		if address := outside(p.APIServer, a); address != "" {
			c.findings.Errorf(diag.APIServerDiffers, p.APIServer.Pos, "`apiserver` does not hold `%s`, where the API server of the manifests answers", address).
				WithHelp("write `%s`", draft.APIServerField(a)).
				WithRelated(a.Key(), "its EndpointSlice")
		}
	}
}

// outside returns the first address and port that a declaration leaves out.
func outside(d *graph.APIServerDecl, a inventory.Addresses) string {
	for _, text := range a.Addresses {
		address, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		for _, port := range a.Ports {
			if !d.Opens(address, port.Graph()) {
				return netip.AddrPortFrom(address, uint16(port.Number)).String()
			}
		}
	}
	return ""
}
