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
	pods       []pod
	outside    []cluster.Host
	// ports are served by everyone and probed between all.
	ports []string
	// v6 probes over IPv6 besides IPv4.
	v6 bool
	// externals is the ranges of peers that the listing has under a name.
	externals map[string]addresses
}

// pod is a pod and the names that a listing may have for it, the first that it uses.
type pod struct {
	cluster.Pod
	as []string
}

// other is the listing's name for pods of namespaces that the package does not know.
const other = "(other)/*"

// workload is a pod of a workload that packages declare, with the label app=<name>.
func workload(name string) pod { return replica(name, "") }

// replica is one of several pods of a workload.
func replica(name, suffix string) pod {
	namespace, app, _ := strings.Cut(name, "/")
	return pod{cluster.Pod{Namespace: namespace, Name: app + suffix, Labels: map[string]string{"app": app}}, []string{name, other}}
}

// stray is a pod that no package declares, in a namespace that one has.
func stray(name string) pod {
	p := workload(name)
	p.as = []string{p.Namespace + "/(other)", other}
	return p
}

// dns is a server of the cluster's DNS.
func dns() pod {
	return pod{
		cluster.Pod{Namespace: "kube-system", Name: "coredns", Labels: map[string]string{"k8s-app": "kube-dns"}},
		[]string{"kube-system/{k8s-app=kube-dns}", other},
	}
}

// outside is a host that is no pod.
func outside(name, v4, v6 string) cluster.Host {
	return cluster.Host{Name: name, V4: netip.MustParseAddr(v4), V6: netip.MustParseAddr(v6)}
}

// visitor is a host on the internet, in ranges for documentation.
func visitor() cluster.Host { return outside("visitor", "203.0.113.10", "2001:db8:113::10") }
