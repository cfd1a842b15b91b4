package draft

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/inventory"
)

// controllers is the namespaces that the documentation of ingress controllers installs them into, by class.
func controllers() map[string]string {
	return map[string]string{
		"nginx": "ingress-nginx", "traefik": "traefik", "haproxy": "haproxy-controller", "kong": "kong", "istio": "istio-system",
		"contour": "projectcontour", "openshift": "openshift-ingress", "openshift-default": "openshift-ingress",
	}
}

// controller returns the name of the namespace in which a controller of a class runs, as labels select it: the package
// only talks to it.
func (s *starter) controller(class string) string {
	namespace, known := controllers()[class]
	fields, comment := `labels: "kubernetes.io/metadata.name": `, "guessed by the class `"+OneLine(class)+"`: the namespace in which your ingress controller runs"
	if !known {
		namespace = "ingress-controller"
		comment = "fill in: the namespace in which your ingress controller runs; this one selects nothing"
	}
	before := len(s.aliases)
	name := s.declare(&s.aliases, "ingress", fields+fmt.Sprintf("%q", namespace))
	if len(s.aliases) > before {
		s.aliases[before].comment = comment
	}
	return name
}

// apiServerField writes what the built-in peer means, where manifests show it.
func (s *starter) apiServerField() {
	a, known := s.APIServer()
	if !known || !s.knowsAPI {
		return
	}
	s.line("")
	s.comment("the EndpointSlice `kubernetes` of the manifests")
	s.line("%s", APIServerField(a))
}

// APIServerField returns the field `apiserver` for the addresses at which it answers.
func APIServerField(a inventory.Addresses) string {
	var cidrs []string
	var ports []string
	for _, address := range a.Addresses {
		mask := "/32"
		if strings.Contains(address, ":") {
			mask = "/128"
		}
		cidrs = append(cidrs, address+mask)
	}
	for _, p := range a.Ports {
		ports = append(ports, PortValue(p.Graph()))
	}
	return fmt.Sprintf("apiserver: {cidrs: %s, ports: [%s]}", list(cidrs), strings.Join(ports, ", "))
}

// needs writes who needs the API server: edges where its addresses are known, or comments that say so.
func (s *starter) needs() []string {
	why := map[*unit][]string{}
	for _, n := range s.Needs() {
		u := s.unitOf[n.From]
		if u == nil || u.hostNetwork() || !s.owned(u.namespace) {
			continue
		}
		says := n.Says
		if !n.Sure {
			says += ", a role that is not here"
		}
		if !slices.Contains(why[u], says) {
			why[u] = append(why[u], says)
		}
	}
	var out []string
	for _, u := range s.units {
		if len(why[u]) == 0 {
			continue
		}
		edge := quoteEdge(s.peer(u)+" -> "+apiServer) + ", // " + OneLine(strings.Join(why[u], ", "))
		if !s.knowsAPI {
			edge = "// " + edge
		}
		out = append(out, edge)
	}
	return out
}

// notes writes what is named and leads nowhere, with the evidence.
func (s *starter) notes() {
	if len(s.told) > 0 {
		s.line("")
		s.comment("nearly everyone is told of these; who calls them?")
	}
	for _, name := range slices.Sorted(maps.Keys(s.told)) {
		s.comment("  %s (%s)", name, OneLine(some(s.told[name])))
	}
	type group struct{ callers, says []string }
	var inside, outside, addresses []string
	groups := map[string]*group{}
	for _, n := range s.Unanswered() {
		u := s.unitOf[n.From]
		if u == nil || !s.owned(u.namespace) {
			continue
		}
		name, to := n.Address, &inside
		switch {
		case n.Why != "":
			name += ": " + n.Why
		case n.IP:
			to = &addresses
		case n.Outside:
			to = &outside
		}
		g := groups[name]
		if g == nil {
			g = &group{}
			groups[name] = g
			*to = append(*to, name)
		}
		g.callers, g.says = addNew(g.callers, s.peer(u)), addNew(g.says, n.Says)
	}
	for _, part := range []struct {
		title string
		names []string
	}{
		{"named, but nothing here answers:", inside},
		{"named, and outside of the cluster: an `external` with its addresses (or with `hosts`, where the target has them), or `internet`:", outside},
		{"bare addresses: an `external` for each, or the range itself on the right of an edge:", addresses},
	} {
		if len(part.names) == 0 {
			continue
		}
		s.line("")
		s.comment("%s", part.title)
		slices.Sort(part.names)
		for _, name := range part.names {
			g := groups[name]
			s.comment("  %s (%s) by %s", OneLine(name), OneLine(some(g.says)), OneLine(some(g.callers)))
		}
	}
	s.made()
}

func addNew(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

// some returns the first of names, and how many more there are.
func some(names []string) string {
	const most = 3
	slices.Sort(names)
	out := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// made writes which custom resources are made into pods that no manifest shows.
func (s *starter) made() {
	makers := slices.SortedFunc(slices.Values(s.Makers), func(a, b inventory.Maker) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	if len(makers) > 0 {
		s.line("")
		s.comment("an operator makes pods of these, which no manifest shows: declare them with `elsewhere: true`")
	}
	for _, m := range makers {
		s.comment("  %s", OneLine(strings.TrimSpace(m.Kind+" "+m.Name)))
	}
	if names := slices.Sorted(maps.Keys(s.notDrafted())); len(names) > 0 {
		s.line("")
		s.comment("these policies name peers by labels in other namespaces, which is not in this draft; `npgen import` has it")
		for _, n := range names {
			s.comment("  %s", OneLine(n))
		}
	}
}

func (s *starter) notDrafted() map[string]bool {
	out := map[string]bool{}
	for _, n := range s.undrafted {
		out[n] = true
	}
	return out
}
