package judges

import (
	"context"
	"net"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	npa "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	npav1 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

// kubenetpol is sigs.k8s.io/kube-network-policies. Its informers are never started: the objects go into their stores.
type kubenetpol struct {
	cluster *Cluster
	engine  *networkpolicy.PolicyEngine
}

func newKubenetpol(c *Cluster) (Judge, error) {
	factory := informers.NewSharedInformerFactory(nil, 0)
	namespaces, pods := factory.Core().V1().Namespaces(), factory.Core().V1().Pods()
	policies := factory.Networking().V1().NetworkPolicies()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return nil, err
	}
	evaluator := networkpolicy.NewStandardNetworkPolicy("node", namespaces, pods, policies)
	for name, labels := range c.Namespaces {
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		if err := namespaces.Informer().GetIndexer().Add(object); err != nil {
			return nil, err
		}
	}
	for i := range c.Pods {
		if err := pods.Informer().GetIndexer().Add(podObject(&c.Pods[i])); err != nil {
			return nil, err
		}
	}
	for i := range c.Policies {
		if err := policies.Informer().GetIndexer().Add(&c.Policies[i]); err != nil {
			return nil, err
		}
	}
	npas := npainformers.NewSharedInformerFactory(nil, 0)
	tiers := npas.Policy().V1alpha2().ClusterNetworkPolicies()
	for i := range c.Tiers {
		if err := tiers.Informer().GetIndexer().Add(&c.Tiers[i]); err != nil {
			return nil, err
		}
	}
	tier := func(name npav1.Tier) api.PolicyEvaluator {
		return npa.NewClusterNetworkPolicy(name, tiers, nil, factory.Core().V1().Nodes().Lister())
	}
	evaluators := []api.PolicyEvaluator{evaluator}
	if len(c.Tiers) > 0 {
		evaluators = []api.PolicyEvaluator{tier(npav1.AdminTier), evaluator, tier(npav1.BaselineTier)}
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	return &kubenetpol{c, networkpolicy.NewPolicyEngine(provider, evaluators)}, nil
}

func podObject(p *Pod) *corev1.Pod {
	address := p.Address.String()
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name, Labels: p.Labels},
		Spec: corev1.PodSpec{
			NodeName: "node", HostNetwork: p.HostNetwork,
			Containers: []corev1.Container{{Name: "main", Ports: p.Ports}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: address, PodIPs: []corev1.PodIP{{IP: address}}},
	}
}

func (j *kubenetpol) Allowed(p Probe) (bool, error) {
	from, to := j.cluster.address(p.From), j.cluster.address(p.To)
	family := corev1.IPv4Protocol
	if from.Is6() {
		family = corev1.IPv6Protocol
	}
	return j.engine.EvaluatePacket(context.Background(), &network.Packet{
		Family: family, SrcIP: net.IP(from.AsSlice()), DstIP: net.IP(to.AsSlice()),
		Proto: p.Protocol, SrcPort: 40000, DstPort: p.Port,
	})
}
