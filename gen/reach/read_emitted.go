package reach

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// emitted reads one document of exactly the form in which npgen emits policies. sigs.k8s.io/yaml takes a hundred times
// as long, and the proof reads all that is written. The law: for any bytes, this reader either gives the very object
// that sigs.k8s.io/yaml.UnmarshalStrict gives, or it gives up and that reads the document (FuzzReadEmitted). It shares
// nothing with what writes, so that a fault there is no fault here: known keys in one order, at one indentation, once
// each, and scalars that no YAML version takes for anything but text; whatever is not exactly so makes it give up.
type emitted struct {
	rest   string
	gaveUp bool
}

// readEmitted returns the policy of a document, or false where the document is not of the emitted form.
func readEmitted(doc string, p *networkingv1.NetworkPolicy) bool {
	r := &emitted{rest: doc}
	r.comments()
	p.APIVersion = r.field("apiVersion: ")
	p.Kind = r.field("kind: ")
	r.metadata(&p.ObjectMeta)
	r.spec(&p.Spec)
	return !r.gaveUp && r.rest == ""
}

// comments passes over comments before the object.
func (r *emitted) comments() {
	for strings.HasPrefix(r.rest, "#") {
		if !isVisible(r.line()) {
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
		m.Labels = r.texts(4)
	}
	m.Name = r.field("  name: ")
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
	s.PodSelector = r.selector(2)
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
			ports = r.ports(item.indent)
		default:
			peers = r.peers(item.indent)
		}
	}
	return ports, peers
}

func (r *emitted) ports(indent int) []networkingv1.NetworkPolicyPort {
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
			protocol := corev1.Protocol(r.text())
			p.Protocol = &protocol
		}
		out = append(out, p)
	}
	return out
}

func (r *emitted) peers(indent int) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for item := r.list(indent); item.next(); {
		var p networkingv1.NetworkPolicyPeer
		if item.key("ipBlock") {
			r.must("\n")
			p.IPBlock = r.block(item.indent + 2)
		}
		if item.key("namespaceSelector") {
			s := r.selector(item.indent)
			p.NamespaceSelector = &s
		}
		if item.key("podSelector") {
			s := r.selector(item.indent)
			p.PodSelector = &s
		}
		out = append(out, p)
	}
	return out
}

func (r *emitted) block(indent int) *networkingv1.IPBlock {
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
func (r *emitted) selector(indent int) metav1.LabelSelector {
	var out metav1.LabelSelector
	if r.take(" {}\n") {
		return out
	}
	r.must("\n")
	if r.takeAt(indent+2, "matchExpressions:\n") {
		for item := r.list(indent + 2); item.next(); {
			out.MatchExpressions = append(out.MatchExpressions, r.requirement(item))
		}
	}
	if r.takeAt(indent+2, "matchLabels:\n") {
		out.MatchLabels = r.texts(indent + 4)
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
	out.Key = r.text()
	if !item.key("operator") {
		r.gaveUp = true
	}
	out.Operator = metav1.LabelSelectorOperator(r.text())
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
		key, rest, found := strings.Cut(r.rest, ":")
		_, twice := out[key]
		if !found || twice || !isSurelyKey(key) {
			r.gaveUp = true
			break
		}
		r.rest = rest
		if r.take(" |-\n") {
			out[key] = r.literal(indent + 2)
		} else {
			out[key] = r.folded(indent + 2)
		}
	}
	if len(out) == 0 {
		r.gaveUp = true
	}
	return out
}

// folded reads the text behind a key, and the lines below into which a long one is divided.
func (r *emitted) folded(indent int) string {
	r.must(" ")
	text := r.line()
	if r.continues(indent) {
		lines := []string{text}
		for r.continues(indent) {
			r.takeAt(indent, "")
			lines = append(lines, r.line())
		}
		text = strings.Join(lines, " ")
	}
	if !strings.HasPrefix(text, "'") {
		return r.sure(text)
	}
	// Quotes stand around what starts as `* -> web:80` does or holds `: `; one that is meant stands twice.
	inside := strings.TrimSuffix(text[1:], "'")
	if len(inside)+2 != len(text) || !isVisible(inside) || strings.Contains(strings.ReplaceAll(inside, "''", ""), "'") {
		r.gaveUp = true
	}
	return strings.ReplaceAll(inside, "''", "'")
}

// literal reads the lines of a literal block, none of them empty or indented further.
func (r *emitted) literal(indent int) string {
	var lines []string
	for r.continues(indent) {
		r.takeAt(indent, "")
		line := r.line()
		if !isVisible(line) {
			r.gaveUp = true
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		r.gaveUp = true
	}
	return strings.Join(lines, "\n")
}

// continues reports whether a line starts exactly at an indentation.
func (r *emitted) continues(indent int) bool {
	return r.isIndented(indent) && len(r.rest) > indent && r.rest[indent] != ' ' && r.rest[indent] != '\n'
}

// number reads a port: one to five digits, none of them a leading zero, which YAML 1.1 takes for octal.
func (r *emitted) number() int32 {
	r.must(" ")
	line := r.line()
	if len(line) == 0 || len(line) > len("65535") || line[0] == '0' {
		r.gaveUp = true
		return 0
	}
	n := int32(0)
	for i := range len(line) {
		if line[i] < '0' || line[i] > '9' {
			r.gaveUp = true
			return 0
		}
		n = n*10 + int32(line[i]-'0')
	}
	return n
}

func (r *emitted) text() string {
	r.must(" ")
	return r.sure(r.line())
}

func (r *emitted) field(prefix string) string {
	r.must(prefix)
	return r.sure(r.line())
}

// sure returns a text that YAML takes for just that, and else gives up.
func (r *emitted) sure(s string) string {
	if !isSurelyText(s) {
		r.gaveUp = true
	}
	return s
}

// line takes the rest of a line. Each line ends in a line feed, the last one too.
func (r *emitted) line() string {
	line, rest, found := strings.Cut(r.rest, "\n")
	if !found {
		r.gaveUp = true
	}
	r.rest = rest
	return line
}

func (r *emitted) take(prefix string) bool {
	if !strings.HasPrefix(r.rest, prefix) {
		return false
	}
	r.rest = r.rest[len(prefix):]
	return true
}

func (r *emitted) must(prefix string) {
	if !r.take(prefix) {
		r.gaveUp = true
	}
}

// takeAt takes a line's indentation and what follows it, both or none.
func (r *emitted) takeAt(indent int, text string) bool {
	if !r.isIndented(indent) || !strings.HasPrefix(r.rest[indent:], text) {
		return false
	}
	r.rest = r.rest[indent+len(text):]
	return true
}

func (r *emitted) isIndented(indent int) bool {
	const deepest = "                        "
	return strings.HasPrefix(r.rest, deepest[:indent])
}

// listItem is where the reader is in a list, whose dashes stand under the key of the list.
type listItem struct {
	*emitted
	indent int
	// first says that the next key stands behind the dash; items counts.
	first bool
	items int
}

func (r *emitted) list(indent int) *listItem { return &listItem{emitted: r, indent: indent + 2} }

// next goes to the next item. A list has one at least, and an item something.
func (l *listItem) next() bool {
	if l.first || l.gaveUp {
		l.gaveUp = true
		return false
	}
	if !l.takeAt(l.indent-2, "-") {
		l.gaveUp = l.items == 0
		return false
	}
	l.first = true
	l.items++
	return true
}

// empty takes an item that is an empty map.
func (l *listItem) empty() bool {
	if !l.first || !l.take(" {}\n") {
		return false
	}
	l.first = false
	return true
}

// key takes a key of the item, with its colon.
func (l *listItem) key(key string) bool {
	before, indent := l.rest, l.indent
	if l.first {
		indent = len(" ")
	}
	if !l.takeAt(indent, key) || !l.take(":") {
		l.rest = before
		return false
	}
	l.first = false
	return true
}

// text takes an item that is a text.
func (l *listItem) text() string {
	l.first = false
	return l.emitted.text()
}
