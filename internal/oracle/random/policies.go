// Package random makes small clusters and policy packages, for tests that hold statements to the oracle.
//
// In: a seed. Out: NetworkPolicies of every field form beside Namespaces and Deployments, and such a set with an edited
// copy (see Pairs); and policy packages with what their names mean (see Packages). The same seed gives the same. It
// refuses nothing: packages are mostly legal, and what npgen says of the others is no concern of this one.
package random

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/internal/oracle/clusterpolicy"
)

const nameLabel = "kubernetes.io/metadata.name"

// Cluster is policies and what is known beside them.
type Cluster struct {
	Policies []networkingv1.NetworkPolicy
	// Tiers is the ClusterNetworkPolicies.
	Tiers []clusterpolicy.Policy
	// Namespaces holds the labels of those with an object.
	Namespaces map[string]map[string]string
	// Pods holds the labels of each Deployment's pods, by namespace/name.
	Pods map[string]map[string]string
}

// YAML is the cluster as a stream of documents.
func (c *Cluster) YAML() (string, error) {
	var out []string
	add := func(object any) error {
		data, err := yaml.Marshal(object)
		out = append(out, string(data))
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Namespaces)) {
		if err := add(corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.Namespaces[name]},
		}); err != nil {
			return "", err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Pods)) {
		namespace, name, _ := strings.Cut(key, "/")
		d := appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		d.Spec.Selector = &metav1.LabelSelector{MatchLabels: c.Pods[key]}
		d.Spec.Template.Labels = c.Pods[key]
		d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: "example.com/main"}}
		if err := add(d); err != nil {
			return "", err
		}
	}
	for i := range c.Policies {
		if err := add(c.Policies[i]); err != nil {
			return "", err
		}
	}
	for i := range c.Tiers {
		if err := add(c.Tiers[i]); err != nil {
			return "", err
		}
	}
	return strings.Join(out, "---\n"), nil
}

func (c *Cluster) clone() *Cluster {
	out := &Cluster{Namespaces: c.Namespaces, Pods: c.Pods}
	for i := range c.Policies {
		out.Policies = append(out.Policies, *c.Policies[i].DeepCopy())
	}
	for _, p := range c.Tiers { // edits put new values in the place of others
		p.Spec.Ingress, p.Spec.Egress = slices.Clone(p.Spec.Ingress), slices.Clone(p.Spec.Egress)
		out.Tiers = append(out.Tiers, p)
	}
	return out
}

// generator makes clusters. Its choices are those of the seed alone.
type generator struct {
	*rand.Rand
	podKeys, spaceKeys []string
}

// chance is true n times out of 100.
func (g *generator) chance(n int) bool { return g.IntN(100) < n }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func newGenerator(seed, stream uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, stream))}
	g.podKeys = []string{"app", "tier", "role"}[:2+g.IntN(5)/4]
	g.spaceKeys = []string{"team", "env"}[:1+g.IntN(4)/3]
	return g
}

// Policies makes a cluster.
func Policies(seed uint64) *Cluster { return newGenerator(seed, 11).cluster() }

func (g *generator) cluster() *Cluster {
	c := &Cluster{Namespaces: map[string]map[string]string{}, Pods: map[string]map[string]string{}}
	for _, n := range []string{"a", "b"} {
		if g.chance(35) {
			c.Namespaces[n] = g.labels(g.spaceKeys)
		}
	}
	if g.chance(40) {
		for i := range 1 + g.IntN(3) {
			if labels := g.labels(g.podKeys); len(labels) > 0 {
				c.Pods[fmt.Sprintf("%s/w%d", g.namespace(), i)] = labels
			}
		}
	}
	for i := range 1 + g.IntN(5) {
		c.Policies = append(c.Policies, g.policy(i))
	}
	return c
}

func (g *generator) namespace() string { return pick(g, "a", "a", "a", "b") }

func (g *generator) labels(keys []string) map[string]string {
	out := map[string]string{}
	for _, k := range keys {
		if g.chance(70) {
			out[k] = g.value(k)
		}
	}
	return out
}

func (g *generator) value(key string) string {
	switch key {
	case nameLabel:
		return pick(g, "a", "a", "b", "c")
	case "app":
		return pick(g, "web", "db", "api")
	}
	return pick(g, "x", "y")
}

func (g *generator) policy(i int) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: g.namespace()},
	}
	p.Spec.PodSelector = g.selector(g.podKeys)
	ingress, egress := networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress
	p.Spec.PolicyTypes = pick(g, nil, nil, []networkingv1.PolicyType{ingress}, []networkingv1.PolicyType{egress}, []networkingv1.PolicyType{ingress, egress})
	// A rule of a direction that policyTypes leaves out means nothing.
	if g.chance(75) {
		for range g.IntN(3) {
			peers, ports := g.rule()
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers, Ports: ports})
		}
	}
	if g.chance(65) {
		for range g.IntN(3) {
			peers, ports := g.rule()
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports})
		}
	}
	return p
}

func (g *generator) rule() ([]networkingv1.NetworkPolicyPeer, []networkingv1.NetworkPolicyPort) {
	var peers []networkingv1.NetworkPolicyPeer
	if !g.chance(12) {
		for range 1 + g.IntN(2) {
			peers = append(peers, g.peer())
		}
	}
	var ports []networkingv1.NetworkPolicyPort
	if !g.chance(35) {
		for range 1 + g.IntN(2) {
			ports = append(ports, g.port())
		}
	}
	return peers, ports
}

func (g *generator) selector(keys []string) metav1.LabelSelector {
	var out metav1.LabelSelector
	if g.chance(18) {
		return out
	}
	for _, at := range g.Perm(len(keys))[:1+g.IntN(len(keys))] {
		key := keys[at]
		if g.chance(55) {
			out.MatchLabels = with(out.MatchLabels, key, g.value(key))
		} else {
			out.MatchExpressions = append(out.MatchExpressions, g.requirement(key))
		}
	}
	return out
}

func with(labels map[string]string, key, value string) map[string]string {
	out := maps.Clone(labels)
	if out == nil {
		out = map[string]string{}
	}
	out[key] = value
	return out
}

func (g *generator) requirement(key string) metav1.LabelSelectorRequirement {
	r := metav1.LabelSelectorRequirement{Key: key, Operator: pick(g,
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}
	if r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn {
		for range 1 + g.IntN(2) {
			r.Values = append(r.Values, g.value(key))
		}
	}
	return r
}

func (g *generator) peer() networkingv1.NetworkPolicyPeer {
	var out networkingv1.NetworkPolicyPeer
	switch g.IntN(6) {
	case 0:
		out.IPBlock = g.ipBlock()
	case 1, 2:
		s := g.selector(g.podKeys)
		out.PodSelector = &s
	case 3:
		s := g.spaces()
		out.NamespaceSelector = &s
	default:
		s, n := g.selector(g.podKeys), g.spaces()
		out.PodSelector, out.NamespaceSelector = &s, &n
	}
	return out
}

func (g *generator) spaces() metav1.LabelSelector {
	if g.chance(35) {
		return metav1.LabelSelector{MatchLabels: map[string]string{nameLabel: g.value(nameLabel)}}
	}
	return g.selector(append(slices.Clone(g.spaceKeys), nameLabel))
}

func (g *generator) ipBlock() *networkingv1.IPBlock {
	b := &networkingv1.IPBlock{CIDR: pick(g, "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "2001:db8::/32")}
	except := map[string][]string{
		"0.0.0.0/0": {"10.0.0.0/8", "192.0.2.0/24", "10.1.0.0/16"}, "10.0.0.0/8": {"10.1.0.0/16", "10.1.2.3/32"},
		"192.0.2.0/24": {"192.0.2.128/25"}, "2001:db8::/32": {"2001:db8:1::/48"},
	}
	for _, e := range except[b.CIDR] {
		if g.chance(30) {
			b.Except = append(b.Except, e)
		}
	}
	return b
}

func (g *generator) port() networkingv1.NetworkPolicyPort {
	var out networkingv1.NetworkPolicyPort
	tcp, udp, sctp := corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP
	out.Protocol = pick(g, nil, &tcp, &tcp, &udp, &sctp)
	number := func(n int32) *intstr.IntOrString { p := intstr.FromInt32(n); return &p }
	switch g.IntN(8) {
	case 0: // all of the protocol
	case 1, 2:
		name := intstr.FromString(pick(g, "http", "http", "metrics"))
		out.Port = &name
		if out.Protocol != nil && *out.Protocol == sctp {
			out.Protocol = &tcp
		}
	case 3:
		low := pick[int32](g, 1, 80, 8080)
		end := pick(g, low, low+10, 65535)
		out.Port, out.EndPort = number(low), &end
	default:
		out.Port = number(pick[int32](g, 53, 80, 81, 8080))
	}
	return out
}
