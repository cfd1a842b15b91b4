package review

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/rule"
)

// hostNetworkSubject finds policies whose pods all use the node's network: no policy governs those with most network
// plugins (Network Policies, NetworkPolicy and hostNetwork pods).
func (r *reviewer) hostNetworkSubject(p *policy) {
	if w := onHost(r.subjects(p)); w != nil && !rule.SelectsAll(&p.Spec.PodSelector) {
		r.findings.Warnf(diag.HostNetworkPods, p.Key("spec", "podSelector"), "the pods of %s use the node's network, and no policy governs those", w.workload).
			WithHelp("a firewall of the node, or a policy of the network plugin for hosts, can").
			WithRelated(w.workload.Pos, "%s", w.workload)
	}
}

// hostNetworkPeer finds peers whose pods all use the node's network: no pod selector matches those.
func (r *reviewer) hostNetworkPeer(x *writtenRule) {
	for i, peer := range x.Peers {
		if rule.SelectsAll(peer.PodSelector) {
			continue
		}
		if label := controlPlane(peer); label != "" && len(r.in(r.workloads, r.peer(x.Namespace, peer))) == 0 {
			r.findings.Warnf(diag.HostNetworkPods, x.Value(x.peerPath(i)...), "the pods `%s` use the node's network, and no pod selector matches those", label).
				WithHelp("write the addresses of the nodes that they run on as `ipBlock`; those of the API server are what `kubectl get endpointslices kubernetes` shows")
			continue
		}
		if w := onHost(r.peersOf(x, peer)); w != nil {
			r.findings.Warnf(diag.HostNetworkPods, x.Value(x.peerPath(i)...), "the pods of %s use the node's network, and no pod selector matches those", w.workload).
				WithHelp("write the addresses of the nodes as `ipBlock`").
				WithRelated(w.workload.Pos, "%s", w.workload)
		}
	}
}

// controlPlane returns the label of a peer that asks for the control plane, which kubeadm and OpenShift run on the nodes'
// network, or "". A namespace of its own is where others run control planes as ordinary pods.
func controlPlane(p networkingv1.NetworkPolicyPeer) string {
	if p.PodSelector == nil || p.NamespaceSelector == nil {
		return ""
	}
	name := named(p.NamespaceSelector)
	for k, v := range p.PodSelector.MatchLabels {
		switch {
		case (name == "kube-system" || rule.SelectsAll(p.NamespaceSelector)) && k == "component" && slices.Contains([]string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}, v),
			name == "kube-system" && (k == "component" && v == "etcd" || k == "k8s-app" && v == "kube-proxy"),
			name == "openshift-kube-apiserver" && k == "app" && v == "openshift-kube-apiserver":
			return k + "=" + v
		}
	}
	return ""
}

// onHost returns the first of pods that are all workloads of the input on the node's network, or nil.
func onHost(all []*pods) *pods {
	if len(all) == 0 || slices.ContainsFunc(all, func(p *pods) bool { return !p.onHost() }) {
		return nil
	}
	return all[0]
}
