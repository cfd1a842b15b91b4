package write

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/internal/policytest"
)

// FuzzAppend writes objects of any shape and texts, and compares with sigs.k8s.io/yaml.
func FuzzAppend(f *testing.F) {
	for i, s := range texts {
		shape := []byte{byte(i), 3, 1, 2, 2, byte(i / 2), 1, 7, 1, 9, 2, 3, 1, 1, 5, 2, 8, 13, 1, 4, 2, 2, 1, 1, 3, 2, 1}
		f.Add(shape, s, texts[(i*7+3)%len(texts)], texts[(i*11+5)%len(texts)])
	}
	f.Fuzz(func(t *testing.T, shape []byte, a, b, c string) {
		g := &shaper{shape: shape, texts: append([]string{a, b, c}, "web", "a10", "a2", "a1a", "kubernetes.io/metadata.name", "10.0.0.0/8")}
		p := g.policy()
		sameAsLibrary(t, &p)
	})
}

// shaper makes objects out of bytes.
type shaper struct {
	shape []byte
	texts []string
}

func (g *shaper) next(n int) int {
	if len(g.shape) == 0 {
		return 0
	}
	b := g.shape[0]
	g.shape = g.shape[1:]
	return int(b) % n
}

func (g *shaper) text() string { return g.texts[g.next(len(g.texts))] }

func (g *shaper) texts2() []string {
	var out []string
	for range g.next(4) {
		out = append(out, g.text())
	}
	return out
}

func (g *shaper) stringMap() map[string]string {
	n := g.next(6)
	if n == 5 {
		return nil
	}
	out := map[string]string{}
	for range n {
		out[g.text()] = g.text()
	}
	return out
}

func (g *shaper) selector() *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	switch g.next(4) {
	case 0:
		return nil
	case 1:
		return out
	case 2:
		out.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: g.text(), Operator: metav1.LabelSelectorOperator(g.text()), Values: g.texts2()}, {Key: "a", Operator: "Exists"}}
	}
	out.MatchLabels = g.stringMap()
	return out
}

func (g *shaper) peers() []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for range g.next(4) {
		p := networkingv1.NetworkPolicyPeer{PodSelector: g.selector(), NamespaceSelector: g.selector()}
		if g.next(3) == 0 {
			p.IPBlock = &networkingv1.IPBlock{CIDR: g.text(), Except: g.texts2()}
		}
		out = append(out, p)
	}
	return out
}

func (g *shaper) ports() []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for range g.next(4) {
		var p networkingv1.NetworkPolicyPort
		if g.next(3) > 0 {
			protocol := corev1.Protocol(g.text())
			p.Protocol = &protocol
		}
		switch port := intstr.FromInt32(int32(g.next(256)*257 - 256)); g.next(3) {
		case 0:
			p.Port = &port
		case 1:
			port = intstr.FromString(g.text())
			p.Port = &port
		}
		if end := int32(g.next(256) << 8); g.next(2) == 0 {
			p.EndPort = &end
		}
		out = append(out, p)
	}
	return out
}

func (g *shaper) policy() networkingv1.NetworkPolicy {
	p := policytest.Policy("shop", "deny")
	p.Name, p.Namespace = g.text(), g.text()
	p.Labels, p.Annotations = g.stringMap(), g.stringMap()
	if s := g.selector(); s != nil {
		p.Spec.PodSelector = *s
	}
	for range g.next(3) {
		p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: g.peers(), Ports: g.ports()})
	}
	for range g.next(3) {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: g.peers(), Ports: g.ports()})
	}
	p.Spec.PolicyTypes = nil
	for _, t := range g.texts2() {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyType(t))
	}
	return p
}
