package judges

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	clusters "github.com/npgen/npgen/gen/world"
)

// populate gives policies that somebody wrote the pods to ask about: those that selectors speak of, and strangers, who
// differ from a pod in one label or live in another namespace with the same labels.
func populate(w *world, r *rand.Rand, most int) error {
	policies, err := read.Policies(w.yaml())
	if err != nil {
		return err
	}
	c := clusters.Cluster{Pods: w.pods, Namespaces: w.namespaces, Policies: read.Rules(policies)}.WithUnknown()
	w.pods, w.namespaces = c.Pods, c.Namespaces
	known := slices.Clone(w.pods)
	r.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
	namespaces := sorted(w.namespaces)
	for _, p := range known[:min(len(known), most/2)] {
		w.pods = append(w.pods, stranger(p, r), clusters.Pod{Namespace: pick(r, namespaces), Labels: p.Labels, Ports: p.Ports})
	}
	w.pods = append(w.pods, clusters.Pod{Namespace: pick(r, namespaces)}, clusters.Pod{Namespace: "elsewhere"})
	names := portNames(w.policies)
	for i := range w.pods {
		w.pods[i].Name, w.pods[i].Implied = fmt.Sprintf("pod%d", i), false
		w.pods[i].Ports = withNames(w.pods[i].Ports, names, r)
	}
	for _, p := range policies {
		for _, rule := range rulesOf(&p) {
			for _, peer := range *rule.peers {
				if peer.IPBlock != nil {
					w.addAddresses(append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...))
				}
			}
		}
	}
	w.addAddresses([]string{"203.0.113.9/32", "10.99.0.1/32", "2001:db8:77::1/128"})
	return nil
}

// stranger is a pod that lacks a label or has another value.
func stranger(p clusters.Pod, r *rand.Rand) clusters.Pod {
	p.Labels, p.HostNetwork = maps.Clone(p.Labels), r.IntN(8) == 0
	if len(p.Labels) > 0 {
		if k := pick(r, sorted(p.Labels)); r.IntN(2) == 0 {
			delete(p.Labels, k)
		} else {
			p.Labels[k] += "x"
		}
	}
	return p
}

// portNames is the port names that policies use, with a protocol.
func portNames(policies []tree) map[string]graph.Protocol {
	out := map[string]graph.Protocol{}
	for _, t := range policies {
		eachTree(t["spec"], func(t tree) {
			if name, ok := t["port"].(string); ok {
				out[name] = map[any]graph.Protocol{"UDP": graph.UDP, "SCTP": graph.SCTP}[t["protocol"]]
			}
		})
	}
	return out
}

// withNames gives a pod the port names that it lacks, most of the time.
func withNames(ports []clusters.NamedPort, names map[string]graph.Protocol, r *rand.Rand) []clusters.NamedPort {
	out := slices.Clone(ports)
	for _, name := range sorted(names) {
		if !slices.ContainsFunc(out, func(p clusters.NamedPort) bool { return p.Name == name }) && r.IntN(4) > 0 {
			out = append(out, clusters.NamedPort{Name: name, Protocol: names[name], Port: 8000 + r.IntN(3)})
		}
	}
	return out
}

// eachTree calls f with every map in a document.
func eachTree(v any, f func(tree)) {
	switch v := v.(type) {
	case tree:
		f(v)
		for _, e := range v {
			eachTree(e, f)
		}
	case []any:
		for _, e := range v {
			eachTree(e, f)
		}
	}
}

// addAddresses adds the addresses at the edges of prefixes, inside and just outside.
func (w *world) addAddresses(prefixes []string) {
	for _, text := range prefixes {
		p := netip.MustParsePrefix(text).Masked()
		for _, a := range []netip.Addr{p.Addr(), p.Addr().Next(), p.Addr().Prev(), last(p), last(p).Next()} {
			if a.IsValid() && a.Is6() == w.v6 && !slices.Contains(w.outside, a) {
				w.outside = append(w.outside, a)
			}
		}
	}
}

func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(bytes); bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	out, _ := netip.AddrFromSlice(bytes)
	return out
}
