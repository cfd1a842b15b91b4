package write

import (
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// appender writes one object as YAML, in the bytes that sigs.k8s.io/yaml gives. Marshalling there goes through JSON
// and a generic tree, a hundred times the work, and emission is what npgen is for. The law: what is written here is
// byte for byte what sigs.k8s.io/yaml writes (FuzzAppend, TestAppendEveryField); at the first value that is not surely
// plain the appender gives up, and the whole object is left to sigs.k8s.io/yaml.
type appender struct {
	out []byte
	// line is where the line being written starts, for folding.
	line int
	// pairs is room for sorting.
	pairs []pair
	// selectors is where a peer's selector was written first. Policies share them, and what one says is the same text in
	// each.
	selectors map[*metav1.LabelSelector]piece
	// gaveUp says that what was written is worth nothing.
	gaveUp bool
}

// piece is a part of what was written.
type piece struct{ start, end int }

// pair is a key of a map and its value.
type pair struct{ key, value string }

// newAppender returns an appender with room for policies.
func newAppender(policies []networkingv1.NetworkPolicy) *appender {
	size := 0
	for i := range policies {
		size += roomFor(&policies[i])
	}
	return &appender{out: make([]byte, 0, size), selectors: map[*metav1.LabelSelector]piece{}}
}

// roomFor returns about how many bytes a policy takes, rather more than less: output that grows is copied.
func roomFor(p *networkingv1.NetworkPolicy) int {
	const ofPolicy, ofRule, ofPeer, ofPort = 420, 24, 108, 40
	size := ofPolicy
	for _, text := range p.Annotations {
		size += len(text) + len(text)/4
	}
	for i := range p.Spec.Ingress {
		r := &p.Spec.Ingress[i]
		size += ofRule + ofPeer*len(r.From) + ofPort*len(r.Ports)
	}
	for i := range p.Spec.Egress {
		r := &p.Spec.Egress[i]
		size += ofRule + ofPeer*len(r.To) + ofPort*len(r.Ports)
	}
	return size
}

// appendPolicy appends an object, or reports that sigs.k8s.io/yaml must write it.
func (a *appender) appendPolicy(p *networkingv1.NetworkPolicy) bool {
	start := len(a.out)
	a.gaveUp = false
	a.field(0, "apiVersion", p.APIVersion)
	a.field(0, "kind", p.Kind)
	a.metadata(&p.ObjectMeta)
	a.key(0, "spec")
	a.end()
	a.spec(&p.Spec)
	if a.gaveUp {
		a.out = a.out[:start]
		clear(a.selectors) // some may be behind the end now
	}
	return !a.gaveUp
}

func (a *appender) metadata(m *metav1.ObjectMeta) {
	a.key(0, "metadata")
	if m.Name == "" && m.Namespace == "" && len(m.Labels) == 0 && len(m.Annotations) == 0 {
		a.raw(" {}")
	}
	a.end()
	a.stringMap(2, "annotations", m.Annotations)
	a.stringMap(2, "labels", m.Labels)
	if m.Name != "" {
		a.field(2, "name", m.Name)
	}
	if m.Namespace != "" {
		a.field(2, "namespace", m.Namespace)
	}
	if hasMore(m) {
		a.gaveUp = true
	}
}

// hasMore reports whether an object has metadata that npgen sets nowhere, but for the creationTimestamp, which is left
// out.
func hasMore(m *metav1.ObjectMeta) bool {
	return m.GenerateName != "" || m.SelfLink != "" || m.UID != "" || m.ResourceVersion != "" || m.Generation != 0 ||
		m.DeletionTimestamp != nil || m.DeletionGracePeriodSeconds != nil ||
		len(m.OwnerReferences) > 0 || len(m.Finalizers) > 0 || len(m.ManagedFields) > 0
}

func (a *appender) spec(s *networkingv1.NetworkPolicySpec) {
	if len(s.Egress) > 0 {
		a.key(2, "egress")
		a.end()
	}
	for i := range s.Egress {
		r := &s.Egress[i]
		item := a.item(2)
		a.ports(item, r.Ports)
		a.peers(item, "to", r.To)
		a.endItem(item)
	}
	if len(s.Ingress) > 0 {
		a.key(2, "ingress")
		a.end()
	}
	for i := range s.Ingress {
		r := &s.Ingress[i]
		item := a.item(2)
		a.peers(item, "from", r.From)
		a.ports(item, r.Ports)
		a.endItem(item)
	}
	a.key(2, "podSelector")
	a.requirements(2, &s.PodSelector)
	if len(s.PolicyTypes) > 0 {
		a.key(2, "policyTypes")
		a.end()
	}
	for _, t := range s.PolicyTypes {
		a.element(2, string(t))
	}
}

func (a *appender) ports(in *item, ports []networkingv1.NetworkPolicyPort) {
	if len(ports) == 0 {
		return
	}
	a.itemKey(in, "ports")
	a.end()
	for i := range ports {
		p := &ports[i]
		item := a.item(in.indent)
		if p.EndPort != nil {
			a.itemKey(item, "endPort")
			a.number(*p.EndPort)
		}
		if p.Port != nil {
			a.itemKey(item, "port")
			switch p.Port.Type {
			case intstr.Int:
				a.number(p.Port.IntVal)
			case intstr.String:
				a.value(item.indent, p.Port.StrVal)
			default:
				a.gaveUp = true
			}
		}
		if p.Protocol != nil {
			a.itemKey(item, "protocol")
			a.value(item.indent, string(*p.Protocol))
		}
		a.endItem(item)
	}
}

func (a *appender) peers(in *item, key string, peers []networkingv1.NetworkPolicyPeer) {
	if len(peers) == 0 {
		return
	}
	a.itemKey(in, key)
	a.end()
	for i := range peers {
		p := &peers[i]
		item := a.item(in.indent)
		if b := p.IPBlock; b != nil {
			a.itemKey(item, "ipBlock")
			a.end()
			a.field(item.indent+2, "cidr", b.CIDR)
			a.list(item.indent+2, "except", b.Except)
		}
		if p.NamespaceSelector != nil {
			a.itemSelector(item, "namespaceSelector", p.NamespaceSelector)
		}
		if p.PodSelector != nil {
			a.itemSelector(item, "podSelector", p.PodSelector)
		}
		a.endItem(item)
	}
}

// itemSelector writes the selector of a peer.
func (a *appender) itemSelector(in *item, key string, s *metav1.LabelSelector) {
	a.itemKey(in, key)
	if p, known := a.selectors[s]; known {
		a.out = append(a.out, a.out[p.start:p.end]...)
		a.line = len(a.out)
		return
	}
	start := len(a.out)
	a.requirements(in.indent, s)
	a.selectors[s] = piece{start, len(a.out)}
}

// requirements writes what a selector asks for, after its key.
func (a *appender) requirements(indent int, s *metav1.LabelSelector) {
	if len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0 {
		a.raw(" {}")
	}
	a.end()
	if len(s.MatchExpressions) > 0 {
		a.key(indent+2, "matchExpressions")
		a.end()
	}
	for i := range s.MatchExpressions {
		r := &s.MatchExpressions[i]
		item := a.item(indent + 2)
		a.itemKey(item, "key")
		a.value(item.indent, r.Key)
		a.itemKey(item, "operator")
		a.value(item.indent, string(r.Operator))
		if len(r.Values) > 0 {
			a.itemKey(item, "values")
			a.end()
			for _, v := range r.Values {
				a.element(item.indent, v)
			}
		}
	}
	a.stringMap(indent+2, "matchLabels", s.MatchLabels)
}

// stringMap writes a map in the order of sigs.k8s.io/yaml. Where that is no order (10 < 1a < 2 < 10), and hence differs
// from run to run there, it is one of the orders that could come out there, and always the same.
func (a *appender) stringMap(indent int, key string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	a.key(indent, key)
	a.end()
	a.pairs = a.pairs[:0]
	for k, v := range m {
		a.pairs = append(a.pairs, pair{k, v})
	}
	slices.SortFunc(a.pairs, func(x, y pair) int { return strings.Compare(x.key, y.key) })
	insertionSort(a.pairs)
	for _, e := range a.pairs {
		if len(e.key) > longestKey || formOf(e.key) != asIs {
			a.gaveUp = true
			return
		}
		a.field(indent+2, e.key, e.value)
	}
}

func (a *appender) list(indent int, key string, values []string) {
	if len(values) == 0 {
		return
	}
	a.key(indent, key)
	a.end()
	for _, v := range values {
		a.element(indent, v)
	}
}

// item is an element of a list that is a map; its first key stands behind the dash.
type item struct {
	indent int
	begun  bool
}

func (a *appender) item(indent int) *item {
	a.indent(indent)
	a.raw("-")
	return &item{indent: indent + 2}
}

func (a *appender) itemKey(in *item, key string) {
	if in.begun {
		a.key(in.indent, key)
		return
	}
	in.begun = true
	a.raw(" ")
	a.raw(key)
	a.raw(":")
}

func (a *appender) endItem(in *item) {
	if !in.begun {
		a.raw(" {}")
		a.end()
	}
}

func (a *appender) element(indent int, value string) {
	a.indent(indent)
	a.raw("-")
	a.value(indent, value)
}

func (a *appender) field(indent int, key, value string) {
	a.key(indent, key)
	a.value(indent, value)
}

func (a *appender) number(n int32) {
	a.out = strconv.AppendInt(append(a.out, ' '), int64(n), 10)
	a.end()
}

func (a *appender) key(indent int, key string) {
	a.indent(indent)
	a.raw(key)
	a.raw(":")
}

func (a *appender) indent(n int) {
	for range n {
		a.out = append(a.out, ' ')
	}
}

func (a *appender) raw(s string) { a.out = append(a.out, s...) }

func (a *appender) end() {
	a.out = append(a.out, '\n')
	a.line = len(a.out)
}
