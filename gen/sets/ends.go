package sets

// Ends is what one end of flows may be: pods of any of some sets, or addresses.
type Ends struct {
	Pods      []Pods
	Addresses Addresses
}

// Everyone returns all pods and all addresses.
func Everyone() Ends { return Ends{[]Pods{{}}, AllAddresses()} }

// Between returns the flows of a kind from some ends to others on some ports: a box for each pair of sets of pods, or for
// each set of pods and the addresses.
func (s *Space) Between(kind Kind, from, to Ends, ports Ports) []*Box {
	var out []*Box
	switch kind {
	case PodToPod:
		for _, f := range from.Pods {
			for _, t := range to.Pods {
				out = append(out, s.Flows(f, t, ports))
			}
		}
	case PodToAddress:
		out = s.appendWith(out, Source, from.Pods, to.Addresses, ports)
	case AddressToPod:
		out = s.appendWith(out, Destination, to.Pods, from.Addresses, ports)
	}
	return out
}

func (s *Space) appendWith(out []*Box, side Side, pods []Pods, addresses Addresses, ports Ports) []*Box {
	if addresses.IsEmpty() {
		return out
	}
	for _, p := range pods {
		out = append(out, s.FlowsWith(side, p, addresses, ports))
	}
	return out
}
