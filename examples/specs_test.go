package examples_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// specs are the policies of the tutorial and its exercises as one would write them by hand.
type specs map[string]networkingv1.NetworkPolicySpec

func TestSpecs(t *testing.T) {
	for name, want := range map[string]specs{
		"np-demo":         npDemo(),
		"front-namespace": frontNamespace(),
		"front-workload":  frontWorkload(),
		"egress-443-only": egress443Only(),
	} {
		t.Run(name, func(t *testing.T) {
			got := specs{}
			for _, p := range build(t, "examples/"+name).Policies {
				if p.Namespace != "np-demo" || got[p.Name].PolicyTypes != nil {
					t.Errorf("policy %s/%s is in another namespace or there twice", p.Namespace, p.Name)
				}
				got[p.Name] = p.Spec
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func npDemo() specs {
	return specs{
		"db-default-deny-ingress": {
			PodSelector: app("db"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		},
		"db-allow-from-api": {
			PodSelector: app("db"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From:  []networkingv1.NetworkPolicyPeer{{PodSelector: new(app("api"))}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(80))}},
			}},
		},
		"api-default-deny-egress": apiDenyEgress(),
		"api-allow-egress-to-db": {
			PodSelector: app("api"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
			Egress: []networkingv1.NetworkPolicyEgressRule{{
				To:    []networkingv1.NetworkPolicyPeer{{PodSelector: new(app("db"))}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(80))}},
			}},
		},
		"api-allow-dns": apiDNS(),
	}
}

func frontNamespace() specs {
	return specs{
		"api-default-deny-ingress": apiDenyIngress(),
		"api-allow-from-front.all": {
			PodSelector: app("api"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From:  []networkingv1.NetworkPolicyPeer{{NamespaceSelector: new(namespace("front"))}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(80))}},
			}},
		},
	}
}

func frontWorkload() specs {
	return specs{
		"api-default-deny-ingress": apiDenyIngress(),
		"api-allow-from-front.web": {
			PodSelector: app("api"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				// One peer with both selectors: AND.
				From:  []networkingv1.NetworkPolicyPeer{{NamespaceSelector: new(namespace("front")), PodSelector: new(app("web"))}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(80))}},
			}},
		},
	}
}

func egress443Only() specs {
	return specs{
		"api-default-deny-egress": apiDenyEgress(),
		"api-allow-egress-to-outside": {
			PodSelector: app("api"),
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
			Egress: []networkingv1.NetworkPolicyEgressRule{{
				To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{
					CIDR:   "0.0.0.0/0",
					Except: []string{"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"},
				}}},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(443))}},
			}},
		},
		"api-allow-dns": apiDNS(),
	}
}

func apiDenyIngress() networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		PodSelector: app("api"),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
	}
}

func apiDenyEgress() networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		PodSelector: app("api"),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
	}
}

func apiDNS() networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		PodSelector: app("api"),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		Egress: []networkingv1.NetworkPolicyEgressRule{{
			To: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: new(namespace("kube-system")),
				PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}},
			}},
			Ports: []networkingv1.NetworkPolicyPort{
				{Protocol: new(corev1.ProtocolTCP), Port: new(intstr.FromInt32(53))},
				{Protocol: new(corev1.ProtocolUDP), Port: new(intstr.FromInt32(53))},
			},
		}},
	}
}

func app(name string) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

func namespace(name string) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}
}
