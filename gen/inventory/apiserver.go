package inventory

import "slices"

// APIService is the Service of the API server, in the namespace default.
const APIService = "kubernetes"

// APIServer returns the addresses and ports of the API server, where manifests show the EndpointSlice `kubernetes` of
// the namespace default.
func (inv *Inventory) APIServer() (Addresses, bool) {
	var out Addresses
	for _, b := range inv.Behinds { // one for each address family
		if b.Namespace != "default" || b.Service != APIService || len(b.Addresses) == 0 {
			continue
		}
		if len(out.Addresses) == 0 {
			out = b
			out.Addresses, out.Ports = nil, nil
		}
		for _, a := range b.Addresses {
			if !slices.Contains(out.Addresses, a) {
				out.Addresses = append(out.Addresses, a)
			}
		}
		for _, p := range b.Ports {
			if !slices.ContainsFunc(out.Ports, func(q Port) bool { return q.Graph() == p.Graph() }) {
				out.Ports = append(out.Ports, p)
			}
		}
	}
	return out, len(out.Addresses) > 0
}
