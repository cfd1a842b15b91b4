package draft

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// numbers returns the number that a port by name has at all pods of the manifests that the rule opens it at. A name may
// stand for another number at each pod, so it is refused where they differ or where there are no such pods.
func (m *importer) numbers(p *rule.Policy, r *rule.Rule, name rule.PortName) (_ sets.Ports, why string) {
	var at []sets.Pods
	if r.Direction == graph.Ingress {
		at = append(at, m.Select(m.Namespace(p.Namespace), p.Subject))
	}
	if r.Direction == graph.Egress {
		if r.Everyone() {
			at = append(at, m.Namespaces(nil))
		}
		for _, peer := range r.Peers {
			if peer.Block == nil { // an address has no names for ports
				at = append(at, m.selected(p, peer))
			}
		}
		if len(at) == 0 {
			return nil, ""
		}
	}
	var found []int
	for _, pod := range m.pods {
		if pod.HostNetwork || pod.Selector != nil {
			continue
		}
		is := m.Labels(m.Namespace(pod.Namespace), pod.Labels)
		if !slices.ContainsFunc(at, func(s sets.Pods) bool { return m.Within(is, s) }) {
			continue
		}
		for _, port := range pod.Ports {
			if port.Name == name.Name && port.Protocol == name.Protocol {
				found = append(found, port.Port)
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	switch len(found) {
	case 0:
		return nil, fmt.Sprintf("the port `%s` is by name, and no manifest says its number: name the manifests of the pods with --manifests", name.Name)
	case 1:
		m.draft.Numbered = append(m.draft.Numbered, Numbered{p, name, found[0]})
		return sets.PortRange(name.Protocol, found[0], found[0]), ""
	}
	return nil, fmt.Sprintf("the port `%s` is by name, and the manifests have several numbers for it: %v", name.Name, found)
}
