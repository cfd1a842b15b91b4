package rollout

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// lastApplied is what kubectl notes of an object, in itself (corev1.LastAppliedConfigAnnotation).
const lastApplied = corev1.LastAppliedConfigAnnotation

// bare returns an object as somebody would apply it: without what a server adds.
func bare(o *networkingv1.NetworkPolicy) networkingv1.NetworkPolicy {
	out := networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}}
	out.Name, out.Namespace = o.Name, o.Namespace
	out.Labels, out.Annotations = maps.Clone(o.Labels), maps.Clone(o.Annotations)
	delete(out.Annotations, lastApplied)
	if len(out.Annotations) == 0 {
		out.Annotations = nil
	}
	out.Spec = *o.Spec.DeepCopy()
	return out
}

// saysOf is the annotations that say what an object opens. They are not true of it on the way.
func saysOf() []string { return []string{"npgen.dev/edges", "npgen.dev/why"} }

// emitted returns an object with other rules: those of parts, which has the directions that it isolates.
func emitted(o *networkingv1.NetworkPolicy, parts map[graph.Directions][]atom) networkingv1.NetworkPolicy {
	out := bare(o)
	for _, key := range saysOf() {
		delete(out.Annotations, key)
	}
	out.Spec = networkingv1.NetworkPolicySpec{PodSelector: out.Spec.PodSelector}
	if list, isolates := parts[graph.Ingress]; isolates {
		out.Spec.PolicyTypes = append(out.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		for _, r := range rules(list) {
			out.Spec.Ingress = append(out.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: r.peers, Ports: r.ports})
		}
	}
	if list, isolates := parts[graph.Egress]; isolates {
		out.Spec.PolicyTypes = append(out.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		for _, r := range rules(list) {
			out.Spec.Egress = append(out.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: r.peers, Ports: r.ports})
		}
	}
	return out
}

type written struct {
	key   string
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// rules writes atoms as rules, one for each peer.
func rules(atoms []atom) []written {
	var out []written
	all := map[string]bool{}
	for i := range atoms {
		a := &atoms[i]
		peers := peersOf(a)
		key := fmt.Sprint(peers)
		if a.peer != nil && a.peer.Block == nil {
			key = a.pods.Key()
		}
		at := slices.IndexFunc(out, func(w written) bool { return w.key == key })
		if at < 0 {
			at = len(out)
			out = append(out, written{key: key, peers: peers})
		}
		if a.name == nil && a.ports.Equal(sets.AllPorts()) {
			all[key] = true
		}
		out[at].ports = append(out[at].ports, portsOf(a)...)
	}
	for i := range out {
		if all[out[i].key] {
			out[i].ports = nil
		}
	}
	return out
}

func peersOf(a *atom) []networkingv1.NetworkPolicyPeer {
	switch {
	case a.peer == nil:
		return nil
	case a.peer.Block != nil && a.peer.Block.CIDR != "":
		return []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: a.peer.Block.CIDR, Except: a.peer.Block.Except}}}
	case a.peer.Block != nil:
		var out []networkingv1.NetworkPolicyPeer
		for _, prefix := range a.peer.Block.Addresses.Prefixes() {
			out = append(out, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: prefix.String()}})
		}
		return out
	}
	return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: a.peer.Namespaces, PodSelector: a.peer.Pods}}
}

func portsOf(a *atom) []networkingv1.NetworkPolicyPort {
	protocols := map[sets.Protocol]corev1.Protocol{sets.TCP: corev1.ProtocolTCP, sets.UDP: corev1.ProtocolUDP, sets.SCTP: corev1.ProtocolSCTP}
	if a.name != nil {
		name, protocol := intstr.FromString(a.name.Name), protocols[a.name.Protocol]
		return []networkingv1.NetworkPolicyPort{{Protocol: &protocol, Port: &name}}
	}
	var out []networkingv1.NetworkPolicyPort
	a.ports.Each(func(p sets.Protocol, lo, hi int) {
		protocol := protocols[p]
		port := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		if !sets.ProtocolPorts(p).Within(sets.PortRange(p, lo, hi)) {
			first, last := intstr.FromInt32(int32(lo)), int32(hi)
			port.Port = &first
			if hi > lo {
				port.EndPort = &last
			}
		}
		out = append(out, port)
	})
	return out
}
