package reach

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/graph"
)

// Read returns the policies of a YAML stream that holds nothing else, with the defaults that the API server sets
// (networking.k8s.io/v1: NetworkPolicySpec.policyTypes, NetworkPolicyPort.protocol). An unknown field, another kind or
// an object that the API server would refuse for its form is an error.
func Read(stream []byte) ([]networkingv1.NetworkPolicy, error) {
	var out []networkingv1.NetworkPolicy
	for i, doc := range documents(stream) {
		if len(bytes.TrimSpace(doc)) == 0 {
			continue
		}
		p, err := readDocument(doc)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i+1, err)
		}
		if p.APIVersion != "networking.k8s.io/v1" || p.Kind != "NetworkPolicy" {
			return nil, fmt.Errorf("document %d: %s %s is no NetworkPolicy", i+1, p.APIVersion, p.Kind)
		}
		Default(&p)
		if err := Validate(&p); err != nil {
			return nil, fmt.Errorf("NetworkPolicy %s/%s: %w", p.Namespace, p.Name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// readDocument reads one document as sigs.k8s.io/yaml does.
func readDocument(doc []byte) (networkingv1.NetworkPolicy, error) {
	var p networkingv1.NetworkPolicy
	if readEmitted(string(doc), &p) {
		return p, nil
	}
	p = networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict(doc, &p); err != nil {
		return p, err
	}
	return p, nothingBehind(doc)
}

// nothingBehind refuses what stands behind the end of a document, as `--- {}` or `...` make it: sigs.k8s.io/yaml leaves
// it unread, without an error.
func nothingBehind(doc []byte) error {
	var ignored any
	decoder := yamlv2.NewDecoder(bytes.NewReader(doc))
	if err := decoder.Decode(&ignored); err != nil {
		return err
	}
	if err := decoder.Decode(&ignored); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the end of the document")
	}
	return nil
}

// documents divides a stream at the document markers, which stand at the start of a line and nowhere inside a value.
func documents(stream []byte) [][]byte {
	var out [][]byte
	start := 0
	for at := 0; at < len(stream); {
		end := bytes.IndexByte(stream[at:], '\n')
		if end < 0 {
			end = len(stream) - at - 1
		}
		line := bytes.TrimRight(stream[at:at+end+1], "\r\n ")
		if bytes.Equal(line, []byte("---")) {
			out = append(out, stream[start:at])
			start = at + end + 1
		}
		at += end + 1
	}
	return append(out, stream[start:])
}

// Default sets what the API server sets: protocol TCP, and policyTypes Ingress, with Egress where the policy has
// egress rules.
func Default(p *networkingv1.NetworkPolicy) {
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	tcp := corev1.ProtocolTCP
	setProtocols := func(ports []networkingv1.NetworkPolicyPort) {
		for i := range ports {
			if ports[i].Protocol == nil {
				ports[i].Protocol = &tcp
			}
		}
	}
	for i := range p.Spec.Ingress {
		setProtocols(p.Spec.Ingress[i].Ports)
	}
	for i := range p.Spec.Egress {
		setProtocols(p.Spec.Egress[i].Ports)
	}
}

// rule is an ingress or egress rule, which differ in name only.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// rulesOf returns the rules of a policy that count in a direction, and whether it isolates its subject there. Rules of
// a direction that policyTypes does not name are ignored, as Kubernetes ignores them.
func rulesOf(p *networkingv1.NetworkPolicy, d graph.Directions) (rules []rule, isolates bool) {
	want := networkingv1.PolicyTypeIngress
	if d == graph.Egress {
		want = networkingv1.PolicyTypeEgress
	}
	for _, t := range p.Spec.PolicyTypes {
		isolates = isolates || t == want
	}
	if !isolates {
		return nil, false
	}
	if d == graph.Egress {
		for _, r := range p.Spec.Egress {
			rules = append(rules, rule{r.To, r.Ports})
		}
		return rules, true
	}
	for _, r := range p.Spec.Ingress {
		rules = append(rules, rule{r.From, r.Ports})
	}
	return rules, true
}

// Validate refuses objects whose meaning the API does not define: what the API server would refuse of the spec.
func Validate(p *networkingv1.NetworkPolicy) error {
	errs := []error{validSelector(p.Spec.PodSelector)}
	for _, t := range p.Spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			errs = append(errs, fmt.Errorf("unknown policy type %q", t))
		}
	}
	for _, r := range p.Spec.Ingress {
		errs = append(errs, validRule(rule{r.From, r.Ports}))
	}
	for _, r := range p.Spec.Egress {
		errs = append(errs, validRule(rule{r.To, r.Ports}))
	}
	return errors.Join(errs...)
}

func validRule(r rule) error {
	var errs []error
	for _, p := range r.peers {
		errs = append(errs, validPeer(p))
	}
	for _, p := range r.ports {
		errs = append(errs, validPort(p))
	}
	return errors.Join(errs...)
}

func validPeer(p networkingv1.NetworkPolicyPeer) error {
	if p.IPBlock == nil {
		if p.PodSelector == nil && p.NamespaceSelector == nil {
			return errors.New("a peer without podSelector, namespaceSelector and ipBlock")
		}
		var errs []error
		for _, s := range []*metav1.LabelSelector{p.PodSelector, p.NamespaceSelector} {
			if s != nil {
				errs = append(errs, validSelector(*s))
			}
		}
		return errors.Join(errs...)
	}
	if p.PodSelector != nil || p.NamespaceSelector != nil {
		return errors.New("a peer with both ipBlock and a selector")
	}
	cidr, err := netip.ParsePrefix(p.IPBlock.CIDR)
	if err != nil {
		return err
	}
	for _, e := range p.IPBlock.Except {
		except, err := netip.ParsePrefix(e)
		switch {
		case err != nil:
			return err
		case except.Addr().Is4In6() || except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr()):
			return fmt.Errorf("the exception %s is not a strict subset of %s", e, cidr)
		}
	}
	return nil
}

func validSelector(s metav1.LabelSelector) error {
	_, err := metav1.LabelSelectorAsSelector(&s)
	return err
}

func validPort(p networkingv1.NetworkPolicyPort) error {
	switch {
	case p.Protocol != nil && protocolIndex(*p.Protocol) < 0:
		return fmt.Errorf("unknown protocol %q", *p.Protocol)
	case p.Port == nil && p.EndPort != nil:
		return errors.New("endPort without port")
	case p.Port == nil:
		return nil
	case p.Port.Type == intstr.String && p.EndPort != nil:
		return errors.New("endPort with a named port")
	case p.Port.Type == intstr.String:
		return graph.CheckPortName(p.Port.StrVal)
	case p.Port.IntVal < 1 || p.Port.IntVal > 65535:
		return fmt.Errorf("the port %d is not between 1 and 65535", p.Port.IntVal)
	case p.EndPort != nil && (*p.EndPort < p.Port.IntVal || *p.EndPort > 65535):
		return fmt.Errorf("endPort %d is not between the port %d and 65535", *p.EndPort, p.Port.IntVal)
	}
	return nil
}

func protocolIndex(p corev1.Protocol) graph.Protocol {
	for _, known := range graph.Protocols() {
		if strings.EqualFold(known.String(), string(p)) && string(p) == strings.ToUpper(string(p)) {
			return known
		}
	}
	return -1
}
