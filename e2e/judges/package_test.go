package judges

import (
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// talk is a policy package as the generator chose it. What it means is read from here (reading_test.go), apart from
// npgen, which sees only its CUE.
type talk struct {
	// spaces holds the default namespace first.
	spaces    []*space
	workloads []*workload
	externals []*external
	groups    []*group
	edges     []*edge
	isolate   string
	perLoad   bool
	noDNS     bool
	profile   string
	byEdge    bool
	// internet is what the package leaves out of the internet.
	internet []string
	// cilium says that the package is for Cilium: it has an API server, and hosts and requests in its edges. The server runs
	// on a node where onNode is set.
	cilium, onNode bool
}

// space is a namespace, or namespaces by labels.
type space struct {
	name     string
	owned    bool
	labels   map[string]string
	byLabels bool
	isolate  string
	perLoad  *bool
}

type workload struct {
	space       *space
	name        string
	labels      map[string]string
	expressions []metav1.LabelSelectorRequirement
	ports       []port
	isolate     string
	dns         *bool
	hostNetwork bool
}

// port is one number or range; of all protocols where protocol is "", of all numbers where hi is 0.
type port struct {
	name     string
	lo, hi   int
	protocol string
}

type external struct {
	name          string
	cidrs, except []string
	hosts         []string
	ports         []port
}

type group struct {
	name    string
	members []peer
}

// peer is one form of an end; text is how the package writes it.
type peer struct {
	text     string
	workload *workload
	// whole is every pod of a namespace, own every pod of every namespace.
	whole     *space
	everyone  bool
	own       bool
	internet  bool
	dns       bool
	addresses *external
	group     *group
	apiServer bool
	nodes     bool
}

type edge struct {
	from, to []peer
	// ports is nil for those that the target declares; names stands for ports of the target by their names.
	ports []port
	names []string
	half  string
	// except is sources that a guardrail does not bind.
	except []peer
	// requests is what may pass of HTTP; nil is everything.
	requests []request
}

// request is requests of HTTP by method, path and a header; a path that ends in a star is all below it.
type request struct{ method, path, header, value string }

func (w *workload) key(t *talk) string {
	if w.space == t.spaces[0] {
		return w.name
	}
	return w.space.name + "/" + w.name
}

// cue writes the package.
func (t *talk) cue() string {
	var b strings.Builder
	fmt.Fprintf(&b, "package policy\n\nnamespace: %q\n", t.spaces[0].name)
	if t.isolate != "" {
		fmt.Fprintf(&b, "isolate: %q\n", t.isolate)
	}
	if t.perLoad {
		b.WriteString("deny: \"workload\"\n")
	}
	if t.byEdge {
		b.WriteString("output: grouping: \"edge\"\n")
	}
	if t.cilium {
		b.WriteString("output: target: \"cilium\"\napiserver: {cidrs: [\"10.0.0.250/32\"], ports: [443, 6443]}\n")
		nodes := []string{"172.18.0.0/16", "fd00:172:18::/64"}
		if t.onNode {
			nodes = append(nodes, "10.0.0.250/32")
		}
		fmt.Fprintf(&b, "cluster: nodes: [%s]\n", quoted(nodes))
	}
	fmt.Fprintf(&b, "dns: {auto: %v, profile: %q}\n", !t.noDNS, t.profile)
	fmt.Fprintf(&b, "internet: except: [%s]\n", quoted(t.internet))
	for _, s := range t.spaces {
		s.cue(&b)
	}
	for _, w := range t.workloads {
		w.cue(&b, t)
	}
	for _, e := range t.externals {
		if e.hosts != nil {
			fmt.Fprintf(&b, "external: %q: {cidrs: [%s], hosts: [%s], ports: {%s}}\n", e.name, quoted(e.cidrs), quoted(e.hosts), portFields(e.ports))
			continue
		}
		fmt.Fprintf(&b, "external: %q: {cidrs: [%s], except: [%s], ports: {%s}}\n", e.name, quoted(e.cidrs), quoted(e.except), portFields(e.ports))
	}
	for _, g := range t.groups {
		fmt.Fprintf(&b, "groups: %q: [%s]\n", g.name, quoted(texts(g.members)))
	}
	b.WriteString("allow: [\n")
	for _, e := range t.edges {
		b.WriteString("\t" + e.cue() + ",\n")
	}
	b.WriteString("]\n")
	return b.String()
}

func (s *space) cue(b *strings.Builder) {
	var fields []string
	if s.isolate != "" {
		fields = append(fields, fmt.Sprintf("isolate: %q", s.isolate))
	}
	if s.perLoad != nil {
		fields = append(fields, fmt.Sprintf("deny: %q", map[bool]string{false: "namespace", true: "workload"}[*s.perLoad]))
	}
	if s.byLabels {
		fields = append(fields, "labels: {"+labelFields(s.labels)+"}")
	} else if !s.owned {
		fields = append(fields, "owned: false")
	}
	fmt.Fprintf(b, "namespaces: %q: {%s}\n", s.name, strings.Join(fields, ", "))
}

func (w *workload) cue(b *strings.Builder, t *talk) {
	var fields []string
	if w.labels != nil {
		fields = append(fields, "labels: {"+labelFields(w.labels)+"}")
	}
	if w.expressions != nil {
		var list []string
		for _, e := range w.expressions {
			text := fmt.Sprintf("{key: %q, operator: %q", e.Key, e.Operator)
			if len(e.Values) > 0 {
				text += ", values: [" + quoted(e.Values) + "]"
			}
			list = append(list, text+"}")
		}
		fields = append(fields, "expressions: ["+strings.Join(list, ", ")+"]")
	}
	if w.ports != nil {
		fields = append(fields, "ports: {"+portFields(w.ports)+"}")
	}
	if w.isolate != "" {
		fields = append(fields, fmt.Sprintf("isolate: %q", w.isolate))
	}
	if w.dns != nil {
		fields = append(fields, fmt.Sprintf("dns: %v", *w.dns))
	}
	if w.hostNetwork {
		fields = append(fields, "hostNetwork: true")
	}
	fmt.Fprintf(b, "workloads: %q: {%s}\n", w.key(t), strings.Join(fields, ", "))
}

// cue writes the short form where it can say the edge.
func (e *edge) cue() string {
	ports := append([]string{}, e.names...)
	for _, p := range e.ports {
		ports = append(ports, p.text())
	}
	if e.half == "" && e.except == nil && e.requests == nil && len(e.from) == 1 && len(e.to) == 1 {
		text := e.from[0].text + " -> " + e.to[0].text
		if len(ports) > 0 {
			text += ":" + strings.Join(ports, ",")
		}
		return strconv.Quote(text)
	}
	fields := []string{"from: [" + quoted(texts(e.from)) + "]", "to: [" + quoted(texts(e.to)) + "]"}
	if e.requests != nil {
		var list []string
		for _, r := range e.requests {
			list = append(list, r.cue())
		}
		fields = append(fields, "http: ["+strings.Join(list, ", ")+"]")
	}
	switch {
	case len(ports) == 1 && ports[0] == "*":
		fields = append(fields, `ports: "*"`)
	case len(ports) > 0:
		fields = append(fields, "ports: ["+quoted(ports)+"]")
	}
	if e.half != "" {
		fields = append(fields, fmt.Sprintf("half: %q", e.half))
	}
	if e.except != nil {
		fields = append(fields, "except: ["+quoted(texts(e.except))+"]")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (r request) cue() string {
	var fields []string
	if r.method != "" {
		fields = append(fields, fmt.Sprintf("method: %q", r.method))
	}
	if r.path != "" {
		fields = append(fields, fmt.Sprintf("path: %q", r.path))
	}
	if r.header != "" {
		fields = append(fields, fmt.Sprintf("headers: %q: %q", r.header, r.value))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (p port) text() string {
	text := strconv.Itoa(p.lo)
	switch {
	case p.hi == 0 && p.protocol == "":
		return "*"
	case p.hi == 0:
		return "*/" + strings.ToLower(p.protocol)
	case p.hi > p.lo:
		text += "-" + strconv.Itoa(p.hi)
	}
	if p.protocol != "TCP" {
		text += "/" + strings.ToLower(p.protocol)
	}
	return text
}

func texts(peers []peer) []string {
	var out []string
	for _, p := range peers {
		out = append(out, p.text)
	}
	return out
}

func quoted(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, strconv.Quote(s))
	}
	return strings.Join(out, ", ")
}

func labelFields(labels map[string]string) string {
	var out []string
	for _, k := range sorted(labels) {
		out = append(out, fmt.Sprintf("%q: %q", k, labels[k]))
	}
	return strings.Join(out, ", ")
}

func portFields(ports []port) string {
	var out []string
	for _, p := range ports {
		out = append(out, fmt.Sprintf("%q: %q", p.name, p.text()))
	}
	return strings.Join(out, ", ")
}
