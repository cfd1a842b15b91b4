package draft

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/format"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
)

// writer writes the package.
type writer struct {
	*importer
	out strings.Builder
}

func (w *writer) line(text string, args ...any) { fmt.Fprintf(&w.out, text+"\n", args...) }

// write returns the package as formatted CUE.
func (m *importer) write() []byte {
	w := &writer{importer: m}
	tiles := m.tiles()
	taken := map[string]bool{}
	for _, n := range m.nodes {
		taken[n.name] = true
	}
	m.nameGroups(tiles, taken)
	w.line("package policy\n")
	w.namespaces()
	w.dnsField()
	w.externals()
	w.workloads()
	w.groupsField()
	w.allow(tiles)
	text, err := format.Source([]byte(w.out.String()), format.Simplify())
	if err != nil {
		panic(fmt.Sprintf("draft: the package is no CUE: %v\n%s", err, w.out.String()))
	}
	return text
}

// namespaces writes the namespaces, and what most of those that are owned are isolated for as the package's own words.
func (w *writer) namespaces() {
	single := w.importer.single()
	if single != nil {
		w.line("namespace: %s", strconv.Quote(single.name))
	}
	usual := w.usualIsolation()
	for _, f := range usual.fields(isolation{graph.Both, false}) {
		w.line("%s", f)
	}
	var entries []string
	for _, s := range w.spaces {
		switch {
		case s == single:
		case s.selector != nil:
			if s.needed {
				entries = append(entries, fieldOf(s.name, selectorFields(s.selector)))
			}
		case s.owned:
			entries = append(entries, fieldOf(s.name, s.isolation().fields(usual)))
		case s.needed:
			entries = append(entries, FieldName(s.name)+": owned: false")
		}
	}
	w.block("namespaces", entries)
}

// isolation is what the pods of a namespace are isolated for, and by which default deny.
type isolation struct {
	directions  graph.Directions
	perWorkload bool
}

func (s *space) isolation() isolation {
	if s.perWorkload() {
		return isolation{s.usual, true}
	}
	return isolation{s.isolates, false}
}

// usualIsolation returns that of most namespaces, of several the first.
func (w *writer) usualIsolation() isolation {
	count := map[isolation]int{}
	var best isolation
	for _, s := range w.spaces {
		if s.owned {
			count[s.isolation()]++
		}
	}
	for _, s := range w.spaces {
		if s.owned && count[s.isolation()] > count[best] {
			best = s.isolation()
		}
	}
	return best
}

// fields returns the fields in which the isolation differs from another, which holds where none is given.
func (i isolation) fields(other isolation) []string {
	var out []string
	if i.directions != other.directions {
		out = append(out, "isolate: "+strconv.Quote(i.directions.String()))
	}
	if i.perWorkload != other.perWorkload {
		deny := "namespace"
		if i.perWorkload {
			deny = "workload"
		}
		out = append(out, "deny: "+strconv.Quote(deny))
	}
	return out
}

func (w *writer) dnsField() {
	var fields []string
	if !w.auto {
		fields = append(fields, "auto: false")
	}
	if w.profile.name != "" && w.profile.name != profiles()[0].name {
		fields = append(fields, "profile: "+strconv.Quote(w.profile.name))
	}
	if len(fields) > 0 {
		w.line("%s", fieldOf("dns", fields))
	}
}

func (w *writer) externals() {
	var entries []string
	for _, n := range w.nodes {
		if !n.used || len(n.blocks) == 0 || n.isCIDR() {
			continue
		}
		var cidrs, except []string
		for _, b := range n.blocks {
			cidrs = append(cidrs, prefix(b.CIDR).String())
			for _, e := range b.Except {
				except = append(except, prefix(e).String())
			}
		}
		fields := []string{"cidrs: " + list(cidrs)}
		if len(except) > 0 {
			fields = append(fields, "except: "+list(except))
		}
		entries = append(entries, fieldOf(n.name, fields))
	}
	w.block("external", entries)
}

func (w *writer) workloads() {
	var entries []string
	for _, s := range w.spaces {
		for _, n := range s.nodes {
			if !n.isWorkload() || n.of != nil || !n.used && n.isolates == 0 {
				continue
			}
			entries = append(entries, w.workload(n))
		}
	}
	w.block("workloads", entries)
}

func (w *writer) workload(n *node) string {
	var fields []string
	if !(len(n.selector.MatchExpressions) == 0 && maps.Equal(n.selector.MatchLabels, map[string]string{"app": n.name})) {
		fields = append(fields, selectorFields(n.selector)...)
	}
	if s := n.space; s.owned {
		if n.isolates != s.isolation().directions {
			fields = append(fields, "isolate: "+strconv.Quote(n.isolates.String()))
		}
	}
	return fieldOf(w.peer(n), fields)
}

// selectorFields returns the fields that select by labels.
func selectorFields(s *metav1.LabelSelector) []string {
	var out, labels, expressions []string
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		labels = append(labels, FieldName(k)+": "+strconv.Quote(s.MatchLabels[k]))
	}
	for _, e := range s.MatchExpressions {
		text := fmt.Sprintf("{key: %q, operator: %q", e.Key, e.Operator)
		if len(e.Values) > 0 {
			text += ", values: " + list(e.Values)
		}
		expressions = append(expressions, text+"}")
	}
	if len(labels) > 0 || len(expressions) == 0 {
		out = append(out, fieldOf("labels", labels))
	}
	if len(expressions) > 0 {
		out = append(out, "expressions: ["+strings.Join(expressions, ", ")+"]")
	}
	return out
}

func (w *writer) groupsField() {
	var entries []string
	for _, g := range w.groups {
		var names []string
		for _, n := range g.nodes {
			names = append(names, w.peers(n)...)
		}
		entries = append(entries, FieldName(g.name)+": "+list(names))
	}
	w.block("groups", entries)
}

// short is how many lines need no topics; a topic has at least perTopic on average.
const short, perTopic = 12, 3

// allow writes the edges. Many have topics: the files of their policies, or else the namespaces, where these have several
// edges each.
func (w *writer) allow(tiles []*tile) {
	topics, byTopic := w.topics(tiles, func(t *tile) string {
		file := t.origin.Pos.File
		return strings.TrimSuffix(path.Base(file), path.Ext(file))
	})
	if len(topics)*perTopic > len(tiles) {
		topics, byTopic = w.topics(tiles, func(t *tile) string { return t.origin.Namespace })
	}
	switch {
	case len(tiles) == 0:
		w.line("\nallow: []")
	case len(topics) == 1 || len(tiles) <= short || len(topics)*perTopic > len(tiles):
		w.line("\nallow: [")
		for _, t := range tiles {
			w.line("%s,", w.edge(t))
		}
		w.line("]")
	default:
		w.line("\nallow: {")
		for _, topic := range topics {
			w.line("%s: [", FieldName(topic))
			for _, e := range byTopic[topic] {
				w.line("%s,", e)
			}
			w.line("]")
		}
		w.line("}")
	}
}

// topics returns the edges by their topics, in the order of the first of each.
func (w *writer) topics(tiles []*tile, topic func(*tile) string) (topics []string, edges map[string][]string) {
	edges = map[string][]string{}
	for _, t := range tiles {
		name := topic(t)
		if edges[name] == nil {
			topics = append(topics, name)
		}
		edges[name] = append(edges[name], w.edge(t))
	}
	return topics, edges
}

func (w *writer) edge(t *tile) string {
	from, to := w.side(t.from, t.fromGroup), w.side(t.to, t.toGroup)
	ports := t.ports.String()
	if t.half == 0 && len(from) == 1 && len(to) == 1 {
		text := from[0] + " -> " + to[0]
		if ports != "" {
			text += ":" + ports
		}
		return strconv.Quote(text)
	}
	fields := []string{"from: " + peerValue(from), "to: " + peerValue(to)}
	switch {
	case strings.HasPrefix(ports, "*"):
		fields = append(fields, "ports: "+strconv.Quote(ports))
	case ports != "":
		fields = append(fields, "ports: "+portList(ports))
	}
	if t.half != 0 {
		fields = append(fields, "half: "+strconv.Quote(t.half.String()))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (w *writer) side(nodes []*node, g *group) []string {
	if g != nil {
		return []string{g.name}
	}
	var out []string
	for _, n := range nodes {
		for _, p := range w.peers(n) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// peers returns a node as edges name it: its own name, or those of its members.
func (m *importer) peers(n *node) []string {
	if n.of == nil {
		return []string{m.peer(n)}
	}
	var out []string
	for _, member := range n.of {
		out = append(out, m.peer(member))
	}
	return out
}

// peer returns the name of a node.
func (m *importer) peer(n *node) string {
	switch {
	case n.builtin != "":
		return n.builtin
	case n.anyone:
		return "any"
	case n.isCIDR():
		p := prefix(n.blocks[0].CIDR)
		if p.Addr().Is6() {
			return "[" + p.String() + "]"
		}
		return p.String()
	case n.space == nil:
		return n.name
	case n.whole() && n.space.every():
		return "*/*"
	}
	name := n.name
	if n.whole() {
		name = "*"
	}
	if n.space == m.single() {
		return name
	}
	return n.space.name + "/" + name
}

func bareName(n *node) string {
	switch {
	case n.builtin != "":
		return n.builtin
	case n.name != "":
		return n.name
	case n.whole():
		return n.space.name
	case n.anyone:
		return "any"
	}
	return "ranges"
}

// block writes a field whose entries each have a line.
func (w *writer) block(name string, entries []string) {
	if len(entries) == 0 {
		return
	}
	w.line("\n%s: {", name)
	for _, e := range entries {
		w.line("%s", e)
	}
	w.line("}")
}

func fieldOf(name string, fields []string) string {
	if len(fields) == 1 {
		return FieldName(name) + ": " + fields[0]
	}
	return FieldName(name) + ": {" + strings.Join(fields, ", ") + "}"
}

func peerValue(names []string) string {
	if len(names) == 1 {
		return strconv.Quote(names[0])
	}
	return list(names)
}

func list(values []string) string {
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, strconv.Quote(v))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// portList returns ports as a list of the structured form has them: numbers, and texts for all else.
func portList(ports string) string {
	var out []string
	for p := range strings.SplitSeq(ports, ",") {
		if _, err := strconv.Atoi(p); err != nil {
			p = strconv.Quote(p)
		}
		out = append(out, p)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
