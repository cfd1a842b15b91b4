package draft

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// namingKeys are the labels whose value is the name of a workload, the best first.
func namingKeys() []string {
	return []string{"app.kubernetes.io/name", "app", "k8s-app", "name", "app.kubernetes.io/component", "component"}
}

// groupValues replaces a node that lists the values of one label by the workloads with the single values, where there are all
// of them: together they are the same pods.
func (m *importer) groupValues() {
	for _, n := range m.nodes {
		if !n.isWorkload() || len(n.selector.MatchExpressions) != 1 || n.selector.MatchExpressions[0].Operator != metav1.LabelSelectorOpIn {
			continue
		}
		list := n.selector.MatchExpressions[0]
		var members []*node
		for _, v := range list.Values {
			labels := maps.Clone(n.selector.MatchLabels)
			if labels == nil {
				labels = map[string]string{}
			}
			labels[list.Key] = v
			i := slices.IndexFunc(n.space.nodes, func(o *node) bool {
				return o.isWorkload() && len(o.selector.MatchExpressions) == 0 && maps.Equal(o.selector.MatchLabels, labels)
			})
			if i < 0 {
				members = nil
				break
			}
			members = append(members, n.space.nodes[i])
		}
		n.of = members
	}
}

// name gives namespaces that are selected by labels, workloads and externals their names.
func (m *importer) name() {
	spaces := map[string]bool{}
	for _, s := range m.spaces {
		spaces[s.name] = true
	}
	for _, s := range m.spaces {
		if s.selector != nil {
			base := "everywhere"
			if !s.every() {
				base = selectorName(s.selector)
				if spaces[base] && len(s.selector.MatchLabels) == 1 {
					for k := range s.selector.MatchLabels {
						base = DNSLabel(lastPart(k)+"-"+base, "")
					}
				}
			}
			s.name = unused(base, spaces)
		}
	}
	taken := map[string]bool{}
	bare := m.single()
	for _, s := range m.spaces {
		names := map[string]bool{}
		if s == bare {
			names = taken
		}
		m.nameWorkloads(s, names)
	}
	for _, n := range m.nodes {
		if len(n.blocks) > 0 && !n.isCIDR() {
			n.name = unused(blocksName(n), taken)
		}
	}
}

// single returns the namespace whose names need no qualifier: the only one that is owned.
func (m *importer) single() *space {
	var out *space
	for _, s := range m.spaces {
		if s.owned {
			if out != nil {
				return nil
			}
			out = s
		}
	}
	return out
}

func (m *importer) nameWorkloads(s *space, taken map[string]bool) {
	base := map[string][]*node{}
	names := map[*node]string{}
	for _, n := range s.nodes {
		if !n.isWorkload() || n.of != nil {
			continue
		}
		name := selectorName(n.selector)
		if w := m.workloadOf(n); w != "" {
			name = w
		}
		names[n] = name
		base[name] = append(base[name], n)
	}
	for _, n := range s.nodes {
		if names[n] == "" {
			continue
		}
		name := names[n]
		if alike := base[name]; len(alike) > 1 && !isPlainest(n, alike) {
			if d := tellApart(n, alike, name); d != "" {
				name = DNSLabel(name+"-"+d, "")
			}
		}
		n.name = unused(name, taken)
	}
}

// isPlainest reports whether a node asks for less than all others of its name.
func isPlainest(n *node, alike []*node) bool {
	size := func(n *node) int { return len(n.selector.MatchLabels) + len(n.selector.MatchExpressions) }
	for _, o := range alike {
		if o != n && size(o) <= size(n) {
			return false
		}
	}
	return true
}

// tellApart returns the first value of a label that no other node of the name has.
func tellApart(n *node, alike []*node, name string) string {
	keys := slices.Concat(namingKeys(), slices.Sorted(maps.Keys(n.selector.MatchLabels)))
	for _, k := range keys {
		v := n.selector.MatchLabels[k]
		if v == "" || v == name {
			continue
		}
		if !slices.ContainsFunc(alike, func(o *node) bool { return o != n && o.selector.MatchLabels[k] == v }) {
			return v
		}
	}
	return ""
}

// workloadOf returns the name of the one workload of the manifests that a node selects; "" where it selects none or
// several.
func (m *importer) workloadOf(n *node) string {
	name := ""
	for _, p := range m.pods {
		if p.Selector != nil || !m.Within(m.Labels(m.Namespace(p.Namespace), p.Labels), n.set) {
			continue
		}
		if name != "" {
			return ""
		}
		name = p.Name
	}
	if !graph.IsName(name) {
		return ""
	}
	return name
}

// selectorName returns the name of what a selector asks for.
func selectorName(s *metav1.LabelSelector) string {
	for _, k := range namingKeys() {
		if v := s.MatchLabels[k]; v != "" {
			return DNSLabel(v, "")
		}
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		if s.MatchLabels[k] == "true" || s.MatchLabels[k] == "" {
			parts = append(parts, lastPart(k))
		} else {
			parts = append(parts, s.MatchLabels[k])
		}
	}
	for _, e := range s.MatchExpressions {
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			parts = append(parts, e.Values...)
		case metav1.LabelSelectorOpNotIn:
			parts = append(parts, append([]string{"not"}, e.Values...)...)
		case metav1.LabelSelectorOpExists:
			parts = append(parts, lastPart(e.Key))
		default:
			parts = append(parts, "no", lastPart(e.Key))
		}
	}
	return DNSLabel(strings.Join(parts, "-"), "")
}

func lastPart(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

var notInLabels = regexp.MustCompile(`[^a-z0-9]+`)

// DNSLabel returns a text with a suffix as a DNS-1123 label of at most 63 characters.
func DNSLabel(s, suffix string) string {
	s = strings.Trim(notInLabels.ReplaceAllString(strings.ToLower(s), "-"), "-")
	if most := 63 - len(suffix); len(s) > most {
		s = strings.TrimRight(s[:most], "-")
	}
	if s == "" {
		s = "unnamed"
	}
	return s + suffix
}

// unused returns a name that nothing has yet, and takes it.
func unused(name string, taken map[string]bool) string {
	if graph.IsBuiltin(name) {
		name += "-pods"
	}
	out := name
	for i := 2; taken[out]; i++ {
		out = DNSLabel(name, fmt.Sprintf("-%d", i))
	}
	taken[out] = true
	return out
}

// isCIDR reports whether a node is one range, which an edge can name.
func (n *node) isCIDR() bool { return len(n.blocks) == 1 && len(n.blocks[0].Except) == 0 }

func blocksName(n *node) string {
	for _, b := range n.blocks {
		if prefix(b.CIDR).Bits() == 0 {
			return "outside"
		}
	}
	if len(n.blocks) == 1 {
		return DNSLabel(prefix(n.blocks[0].CIDR).String(), "")
	}
	return "ranges"
}

// sort puts namespaces and what is in them in the order of their names, those that the package owns first.
func (m *importer) sort() {
	slices.SortFunc(m.spaces, func(a, b *space) int {
		switch {
		case a.owned && !b.owned:
			return -1
		case b.owned && !a.owned:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	for _, s := range m.spaces {
		slices.SortFunc(s.nodes, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	}
}
