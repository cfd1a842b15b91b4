package flows

import (
	"fmt"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/world"
)

// randomCluster makes a small cluster with policies of every field form.
func randomCluster(r *rand.Rand) world.Cluster {
	var c world.Cluster
	namespaces := []string{"a", "b", "c"}
	c.Namespaces = map[string]map[string]string{"a": {"team": "x"}, "b": {"team": "y"}}
	for i := range 2 + r.IntN(6) {
		c.Pods = append(c.Pods, world.Pod{
			Namespace: pick(r, namespaces), Name: fmt.Sprintf("p%d", i), Labels: randomLabels(r),
			Ports:       []world.NamedPort{{Name: "web", Protocol: graph.TCP, Port: 80 + r.IntN(2)}, {Name: "dns", Protocol: graph.UDP, Port: 53}},
			HostNetwork: r.IntN(12) == 0,
		})
	}
	for i := range r.IntN(7) {
		p := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: pick(r, namespaces), Name: fmt.Sprintf("n%d", i)}}
		p.Spec.PodSelector = randomSelector(r)
		for range r.IntN(3) {
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: randomPeers(r), Ports: randomPorts(r)})
		}
		for range r.IntN(3) {
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: randomPeers(r), Ports: randomPorts(r)})
		}
		p.Spec.PolicyTypes = pick(r, [][]networkingv1.PolicyType{nil, {"Ingress"}, {"Egress"}, {"Ingress", "Egress"}})
		read.Default(&p)
		c.Policies = append(c.Policies, read.Rules([]networkingv1.NetworkPolicy{p})...)
	}
	return c
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func randomLabels(r *rand.Rand) map[string]string {
	out := map[string]string{}
	for _, key := range []string{"app", "tier"} {
		if r.IntN(3) > 0 {
			out[key] = pick(r, []string{"u", "v", "w"})
		}
	}
	return out
}

func randomSelector(r *rand.Rand) metav1.LabelSelector {
	var s metav1.LabelSelector
	if r.IntN(2) == 0 {
		s.MatchLabels = map[string]string{"app": pick(r, []string{"u", "v"})}
	}
	if r.IntN(3) == 0 {
		e := metav1.LabelSelectorRequirement{Key: pick(r, []string{"tier", "app"}), Operator: pick(r, []metav1.LabelSelectorOperator{"In", "NotIn", "Exists", "DoesNotExist"})}
		if e.Operator == "In" || e.Operator == "NotIn" {
			e.Values = []string{"u", "w"}[:1+r.IntN(2)]
		}
		s.MatchExpressions = append(s.MatchExpressions, e)
	}
	return s
}

func randomPeers(r *rand.Rand) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for range r.IntN(3) {
		var p networkingv1.NetworkPolicyPeer
		switch r.IntN(4) {
		case 0:
			p.IPBlock = &networkingv1.IPBlock{CIDR: "192.0.2.0/24", Except: []string{"192.0.2.128/25"}}
		case 1:
			s := randomSelector(r)
			p.PodSelector = &s
		case 2:
			p.NamespaceSelector = pick(r, []*metav1.LabelSelector{{}, {MatchLabels: map[string]string{"team": "x"}}, {MatchLabels: map[string]string{rule.NamespaceName: "b"}}})
		default:
			s := randomSelector(r)
			p.PodSelector = &s
			p.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: pick(r, []metav1.LabelSelectorOperator{"Exists", "DoesNotExist"})}}}
		}
		out = append(out, p)
	}
	return out
}

func randomPorts(r *rand.Rand) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for range r.IntN(3) {
		var p networkingv1.NetworkPolicyPort
		proto := pick(r, []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP})
		if r.IntN(3) > 0 {
			p.Protocol = &proto
		}
		switch r.IntN(4) {
		case 0:
			port, end := intstr.FromInt32(79), int32(80)
			p.Port, p.EndPort = &port, &end
		case 1:
			port := intstr.FromString(pick(r, []string{"web", "dns"}))
			p.Port = &port
		case 2:
			port := intstr.FromInt32(80)
			p.Port = &port
		}
		out = append(out, p)
	}
	return out
}
