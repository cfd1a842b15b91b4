//go:build linux

package packets

import (
	"net/netip"
	"strings"

	"github.com/npgen/npgen/e2e/cluster"
)

// scenario is what stands in the cluster while packages are applied.
type scenario struct {
	name string
	// namespaces has the labels of namespaces that need more than their name.
	namespaces map[string]map[string]string
	pods       []cluster.Pod
	outside    []cluster.Host
	// ports are served by everyone and probed between all.
	ports []string
	// v6 probes over IPv6 besides IPv4.
	v6 bool
}

// pod is a pod with the label app=<name>.
func pod(name string) cluster.Pod { return replica(name, "") }

// replica is one of several pods with the same labels.
func replica(name, suffix string) cluster.Pod {
	_, app, _ := strings.Cut(name, "/")
	p := labelled(name, map[string]string{"app": app})
	p.Name += suffix
	return p
}

// labelled is a pod with other labels.
func labelled(name string, labels map[string]string) cluster.Pod {
	namespace, own, _ := strings.Cut(name, "/")
	return cluster.Pod{Namespace: namespace, Name: own, Labels: labels}
}

// dns is a server of the cluster's DNS.
func dns() cluster.Pod {
	return labelled("kube-system/coredns", map[string]string{"k8s-app": "kube-dns"})
}

// outside is a host that is no pod.
func outside(name, v4, v6 string) cluster.Host {
	return cluster.Host{Name: name, V4: netip.MustParseAddr(v4), V6: netip.MustParseAddr(v6)}
}

// visitor is a host on the internet, in ranges for documentation.
func visitor() cluster.Host { return outside("visitor", "203.0.113.10", "2001:db8:113::10") }
