package compare

import (
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// answering is an object that says where the API server answers.
type answering struct {
	inventory.Addresses
	pos  diag.Pos
	what string
}

// APIServerField returns the field `apiserver` as the manifests show it, "" where they do not.
func APIServerField(g *graph.Graph, inv *inventory.Inventory) string {
	answers := apiServer(g, inv)
	if len(answers) == 0 {
		return ""
	}
	var all inventory.Addresses
	for _, a := range answers {
		all.Addresses = append(all.Addresses, a.Addresses.Addresses...)
		for _, p := range a.Ports {
			if !slices.ContainsFunc(all.Ports, func(q inventory.Port) bool { return q.Graph() == p.Graph() }) {
				all.Ports = append(all.Ports, p)
			}
		}
	}
	return draft.APIServerField(all)
}

// apiServer returns where policies see the API server answer: at the addresses of its EndpointSlice, and at that of its
// Service where the network plugin looks before translation. There are none where the manifests have no EndpointSlice.
func apiServer(g *graph.Graph, inv *inventory.Inventory) []answering {
	a, known := inv.APIServer()
	if !known {
		return nil
	}
	out := []answering{{a, a.Key(), "its EndpointSlice"}}
	if service := apiService(inv); service != nil && g != nil && g.Cluster.Profile.IPBlock.Services == graph.Yes {
		of := answering{pos: service.Pos, what: "its Service"}
		for _, address := range service.Addresses {
			of.Addresses.Addresses = append(of.Addresses.Addresses, address.String())
		}
		for _, p := range service.Ports {
			of.Ports = append(of.Ports, inventory.Port{Number: p.Number, Protocol: p.Protocol})
		}
		out = append(out, of)
	}
	return out
}

// apiService returns the Service of the API server, nil where the manifests do not show it.
func apiService(inv *inventory.Inventory) *inventory.Service {
	i := slices.IndexFunc(inv.Services, func(s *inventory.Service) bool {
		return s.Namespace == "default" && s.Name == inventory.APIService
	})
	if i < 0 {
		return nil
	}
	return inv.Services[i]
}

// apiServers finds packages whose `apiserver` leaves out an address or a port at which the API server answers.
func (c *checker) apiServers() {
	for _, p := range c.g.Packages {
		if p.APIServer == nil {
			continue
		}
		for _, a := range apiServer(c.g, c.inv) {
			if address := outside(p.APIServer, a.Addresses); address != "" {
				c.findings.Errorf(diag.APIServerDiffers, p.APIServer.Pos, "`apiserver` does not hold `%s`, where the API server of %s answers", address, c.from).
					WithHelp("write `%s`", APIServerField(c.g, c.inv)).
					WithRelated(a.pos, "%s", a.what)
				break
			}
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
