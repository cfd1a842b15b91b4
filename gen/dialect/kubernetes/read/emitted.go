package read

import (
	"bytes"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// emitted reads documents of exactly the form in which npgen emits policies. sigs.k8s.io/yaml takes a hundred times
// as long, and the proof reads all that is written. The law: for any bytes, this reader either gives the very object
// that sigs.k8s.io/yaml.UnmarshalStrict gives, or it gives up and that reads the document (FuzzReadEmitted). It shares
// nothing with what writes, so that a fault there is no fault here: known keys in one order, at one indentation, once
// each, and scalars that no YAML version takes for anything but text; whatever is not exactly so makes it give up.
//
// Policies repeat each other. What stands below a key is read once, and the same bytes give the same value again, which
// their policies share.
type emitted struct {
	lines
	labels    map[string]map[string]string
	selectors map[string]*metav1.LabelSelector
	blocks    map[string]*networkingv1.IPBlock
	ports     map[string][]networkingv1.NetworkPolicyPort
	// peerList is room for the peers of a rule.
	peerList []networkingv1.NetworkPolicyPeer
}

func newEmitted() *emitted {
	return &emitted{
		lines:     lines{words: map[string]string{}},
		labels:    map[string]map[string]string{},
		selectors: map[string]*metav1.LabelSelector{},
		blocks:    map[string]*networkingv1.IPBlock{},
		ports:     map[string][]networkingv1.NetworkPolicyPort{},
	}
}

// Emitted reads policies of the form that npgen writes, for readers of any form.
type Emitted struct{ reader *emitted }

// NewEmitted returns a reader that has seen nothing yet.
func NewEmitted() *Emitted { return &Emitted{newEmitted()} }

// Document reads a document, or reports false where it is not of that form. The policy shares what is equal with others
// that were read, and has no defaults.
func (e *Emitted) Document(text []byte, p *networkingv1.NetworkPolicy) bool {
	behind, ok := e.reader.read(text, p)
	return ok && len(behind) == 0
}

// once reads the next bytes, or returns what the same ones gave before.
func once[T any](r *emitted, known map[string]T, text []byte, read func() T) T {
	behind := r.rest[len(text):]
	value, isKnown := known[string(text)]
	if !isKnown {
		// Nothing but these bytes is there to read, so that the value depends on them alone.
		r.rest = text
		value = read()
		r.gaveUp = r.gaveUp || len(r.rest) > 0
		if !r.gaveUp {
			known[string(text)] = value
		}
	}
	r.rest = behind
	return value
}

// read reads the first document of a stream. It returns what stands behind the document's end, or false where the
// document is not of the emitted form.
func (r *emitted) read(text []byte, p *networkingv1.NetworkPolicy) (behind []byte, ok bool) {
	r.rest, r.gaveUp = text, false
	*p = networkingv1.NetworkPolicy{}
	r.comments()
	p.APIVersion = r.field("apiVersion: ")
	p.Kind = r.field("kind: ")
	r.metadata(&p.ObjectMeta)
	r.spec(&p.Spec)
	if len(r.rest) > 0 {
		r.must("---\n")
	}
	return r.rest, !r.gaveUp
}

// comments passes over comments before the object.
func (r *emitted) comments() {
	for bytes.HasPrefix(r.rest, []byte("#")) {
		if !stream.IsVisible(r.line()) {
			r.gaveUp = true
		}
	}
}

func (r *emitted) metadata(m *metav1.ObjectMeta) {
	r.must("metadata:\n")
	if r.take("  annotations:\n") {
		m.Annotations = r.texts(4)
	}
	if r.take("  labels:\n") {
		m.Labels = once(r, r.labels, r.fields(4), func() map[string]string { return r.texts(4) })
	}
	r.must("  name: ")
	m.Name = r.sure(r.line())
	m.Namespace = r.field("  namespace: ")
}

func (r *emitted) spec(s *networkingv1.NetworkPolicySpec) {
	r.must("spec:\n")
	if r.take("  egress:\n") {
		for item := r.list(2); item.next(); {
			ports, to := r.portsAndPeers(item, "ports", "to")
			s.Egress = append(s.Egress, networkingv1.NetworkPolicyEgressRule{Ports: ports, To: to})
		}
	}
	if r.take("  ingress:\n") {
		for item := r.list(2); item.next(); {
			ports, from := r.portsAndPeers(item, "from", "ports")
			s.Ingress = append(s.Ingress, networkingv1.NetworkPolicyIngressRule{Ports: ports, From: from})
		}
	}
	r.must("  podSelector:")
	s.PodSelector = *r.selector(2)
	if r.take("  policyTypes:\n") {
		for item := r.list(2); item.next(); {
			s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyType(item.text()))
		}
	}
}

// portsAndPeers reads the two fields of a rule, in the order that their names have in the alphabet.
func (r *emitted) portsAndPeers(item *listItem, keys ...string) (ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) {
	if item.empty() {
		return nil, nil
	}
	for _, key := range keys {
		switch {
		case !item.key(key):
		case !r.take("\n"):
			r.gaveUp = true
		case key == "ports":
			ports = once(r, r.ports, r.items(item.indent), func() []networkingv1.NetworkPolicyPort { return r.portList(item.indent) })
		default:
			peers = r.peers(item.indent)
		}
	}
	return ports, peers
}

func (r *emitted) portList(indent int) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for item := r.list(indent); item.next(); {
		var p networkingv1.NetworkPolicyPort
		if item.key("endPort") {
			end := r.number()
			p.EndPort = &end
		}
		if item.key("port") {
			port := intstr.IntOrString{Type: intstr.Int, IntVal: r.number()}
			p.Port = &port
		}
		if item.key("protocol") {
			protocol := corev1.Protocol(r.field(" "))
			p.Protocol = &protocol
		}
		out = append(out, p)
	}
	return out
}

func (r *emitted) peers(indent int) []networkingv1.NetworkPolicyPeer {
	r.peerList = r.peerList[:0]
	for item := r.list(indent); item.next(); {
		var p networkingv1.NetworkPolicyPeer
		if item.key("ipBlock") {
			r.must("\n")
			p.IPBlock = r.block(item.indent + 2)
		}
		if item.key("namespaceSelector") {
			p.NamespaceSelector = r.selector(item.indent)
		}
		if item.key("podSelector") {
			p.PodSelector = r.selector(item.indent)
		}
		r.peerList = append(r.peerList, p)
	}
	return slices.Clone(r.peerList)
}

func (r *emitted) block(indent int) *networkingv1.IPBlock {
	return once(r, r.blocks, r.fields(indent), func() *networkingv1.IPBlock { return r.addresses(indent) })
}

func (r *emitted) addresses(indent int) *networkingv1.IPBlock {
	if !r.takeAt(indent, "cidr: ") {
		r.gaveUp = true
	}
	out := &networkingv1.IPBlock{CIDR: r.sure(r.line())}
	if r.takeAt(indent, "except:\n") {
		for item := r.list(indent); item.next(); {
			out.Except = append(out.Except, item.text())
		}
	}
	return out
}

// selector reads what follows the key of a selector.
func (r *emitted) selector(indent int) *metav1.LabelSelector {
	if r.take(" {}\n") {
		return &metav1.LabelSelector{}
	}
	r.must("\n")
	return once(r, r.selectors, r.fields(indent+2), func() *metav1.LabelSelector { return r.requirements(indent + 2) })
}

func (r *emitted) requirements(indent int) *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	if r.takeAt(indent, "matchExpressions:\n") {
		for item := r.list(indent); item.next(); {
			out.MatchExpressions = append(out.MatchExpressions, r.requirement(item))
		}
	}
	if r.takeAt(indent, "matchLabels:\n") {
		out.MatchLabels = r.texts(indent + 2)
	}
	if out.MatchLabels == nil && out.MatchExpressions == nil {
		r.gaveUp = true
	}
	return out
}

func (r *emitted) requirement(item *listItem) metav1.LabelSelectorRequirement {
	var out metav1.LabelSelectorRequirement
	if !item.key("key") {
		r.gaveUp = true
	}
	out.Key = r.field(" ")
	if !item.key("operator") {
		r.gaveUp = true
	}
	out.Operator = metav1.LabelSelectorOperator(r.field(" "))
	if item.key("values") {
		r.must("\n")
		for value := r.list(item.indent); value.next(); {
			out.Values = append(out.Values, value.text())
		}
	}
	return out
}

// texts reads a map from keys to texts; a key that comes twice is left to the library, which refuses it.
func (r *emitted) texts(indent int) map[string]string {
	out := map[string]string{}
	for r.takeAt(indent, "") {
		key, value, found := bytes.Cut(r.line(), []byte(":"))
		_, twice := out[string(key)]
		if !found || twice || !stream.IsSurelyKey(key) {
			r.gaveUp = true
			break
		}
		if string(value) == " |-" {
			out[r.word(key)] = r.literal(indent + 2)
		} else {
			out[r.word(key)] = r.folded(value, indent+2)
		}
	}
	if len(out) == 0 {
		r.gaveUp = true
	}
	return out
}
