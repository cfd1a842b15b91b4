package flows

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
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

// TestFlowsAgainstPairs holds the listing against the plain walk over all pairs of pods.
func TestFlowsAgainstPairs(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := randomCluster(r)
		e := New(c)
		rows := e.Flows()
		pods := slices.Clone(c.Pods)
		for _, n := range []string{"a", "b", "c", other} {
			pods = append(pods, world.Pod{Namespace: n, Name: other})
		}
		for i := range pods {
			for j := range pods {
				if pods[i].HostNetwork || pods[j].HostNetwork || !shown(c, pods[i].Namespace) && !shown(c, pods[j].Namespace) || !known(c, pods[i].Namespace) || !known(c, pods[j].Namespace) {
					continue
				}
				want := e.Ports(End{Pod: &pods[i]}, End{Pod: &pods[j]})
				if got := listed(rows, pods[i], pods[j]); !got.Equal(want) {
					t.Fatalf("seed %d: %s/%s -> %s/%s: listed %q, want %q\nrows %v", seed, pods[i].Namespace, pods[i].Name, pods[j].Namespace, pods[j].Name, got, want, rows)
				}
			}
			for _, addr := range []string{"192.0.2.1", "192.0.2.200", "198.51.100.1"} {
				a := netip.MustParseAddr(addr)
				if pods[i].HostNetwork || !shown(c, pods[i].Namespace) {
					continue
				}
				want := e.Ports(End{Pod: &pods[i]}, End{Addr: a})
				if got := listedOutside(rows, pods[i], a); !got.Equal(want) {
					t.Fatalf("seed %d: %s/%s -> %s: listed %q, want %q", seed, pods[i].Namespace, pods[i].Name, addr, got, want)
				}
				want = e.Ports(End{Addr: a}, End{Pod: &pods[i]})
				if got := listedInside(rows, a, pods[i]); !got.Equal(want) {
					t.Fatalf("seed %d: %s -> %s/%s: listed %q, want %q", seed, addr, pods[i].Namespace, pods[i].Name, got, want)
				}
			}
		}
	}
}

// known reports whether a namespace is one that the cluster shows at all.
func known(c world.Cluster, namespace string) bool {
	if namespace == other || c.Namespaces[namespace] != nil {
		return true
	}
	return shown(c, namespace)
}

// shown reports whether the listing says anything of a namespace by itself.
func shown(c world.Cluster, namespace string) bool {
	return slices.ContainsFunc(c.Pods, func(p world.Pod) bool { return p.Namespace == namespace }) ||
		slices.ContainsFunc(c.Policies, func(p rule.Policy) bool { return p.Namespace == namespace })
}

func listed(rows []Row, from, to world.Pod) sets.Ports {
	var out sets.Ports
	for _, r := range rows {
		if stands(r.From, from) && stands(r.To, to) {
			out = out.Union(r.Ports)
		}
	}
	return out
}

func listedOutside(rows []Row, from world.Pod, addr netip.Addr) sets.Ports {
	var out sets.Ports
	for _, r := range rows {
		if stands(r.From, from) && holds(r.To, addr) {
			out = out.Union(r.Ports)
		}
	}
	return out
}

func listedInside(rows []Row, addr netip.Addr, to world.Pod) sets.Ports {
	var out sets.Ports
	for _, r := range rows {
		if holds(r.From, addr) && stands(r.To, to) {
			out = out.Union(r.Ports)
		}
	}
	return out
}

func stands(name string, p world.Pod) bool {
	return name == "*/*" || name == p.Namespace+"/*" || name == p.Namespace+"/"+p.Name
}

func holds(name string, addr netip.Addr) bool {
	if name == Outside {
		return true
	}
	return slices.ContainsFunc(strings.Fields(name), func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Contains(addr)
	})
}
