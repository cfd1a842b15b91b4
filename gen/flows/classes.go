package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// widePairs adds the rows between classes of pods that wide rules treat alike.
func (f *flows) widePairs() {
	classes := f.classes()
	for _, from := range classes {
		if f.sides[graph.Egress][from[0]].isWide() {
			for _, to := range classes {
				if f.sides[graph.Ingress][to[0]].isWide() {
					f.classRows(from, to)
				}
			}
		}
	}
}

func (s *podSide) isWide() bool { return !s.isolated || len(s.wide) > 0 }

func (f *flows) classRows(from, to []int) {
	ports := f.widePorts(from[0], to[0])
	if len(ports) == 0 {
		return
	}
	for _, a := range f.names(from) {
		for _, b := range f.names(to) {
			f.add(a, b, ports)
		}
	}
}

// widePorts returns what wide rules and the lack of isolation open between a pair.
func (f *flows) widePorts(from, to int) sets.Ports {
	ports := f.wide(from, to, to, graph.Egress)
	if len(ports) == 0 {
		return nil
	}
	return ports.Intersect(f.wide(to, from, to, graph.Ingress))
}

// classes groups the pods that wide rules cannot tell apart.
func (f *flows) classes() [][]int {
	groups := map[string][]int{}
	for i, key := range f.classKeys() {
		groups[key] = append(groups[key], i)
	}
	out := make([][]int, 0, len(groups))
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[key])
	}
	return out
}

// classKeys returns for each pod what wide rules know of it: its own wide rules, the wide peers that select it, and
// the numbers for the port names that those rules use.
func (f *flows) classKeys() []string {
	var peers []*podPeer
	seen, named := map[string]bool{}, map[string]bool{}
	for _, sides := range f.sides {
		for _, s := range sides {
			for _, pp := range s.wide {
				for _, n := range pp.rule.Named {
					named[n.Name] = true
				}
				if pp.peer != nil && !seen[pp.peer.key] {
					seen[pp.peer.key] = true
					peers = append(peers, pp.peer)
				}
			}
		}
	}
	slices.SortFunc(peers, func(a, b *podPeer) int { return cmp.Compare(a.key, b.key) })
	out := make([]string, len(f.pods))
	for i := range f.pods {
		out[i] = f.classKey(i, peers, named)
	}
	return out
}

func (f *flows) classKey(i int, peers []*podPeer, named map[string]bool) string {
	var b strings.Builder
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
		side := &f.sides[d][i]
		if !side.isolated {
			b.WriteString("open\n")
			continue
		}
		var rules []string
		for _, pp := range side.wide {
			text := "any"
			if pp.peer != nil {
				text = pp.peer.key
			}
			for _, n := range pp.rule.Named {
				text += " " + n.Name + "/" + n.Protocol.String()
			}
			rules = append(rules, text+" "+pp.rule.Ports.String())
		}
		slices.Sort(rules)
		b.WriteString(strings.Join(slices.Compact(rules), ";") + "\n")
	}
	for _, p := range peers {
		if f.matches(*p, f.pods[i]) {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
	for _, p := range f.pods[i].Ports {
		if !named[p.Name] {
			continue
		}
		b.WriteString(" " + p.Name + "=" + sets.PortRange(p.Protocol, p.Port, p.Port).String())
	}
	return b.String()
}
