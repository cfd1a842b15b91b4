package world

import (
	"cmp"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/inventory"
)

// HomeNamespace returns the namespace of objects that name none: the only one that the others name, or `default`, where
// kubectl puts them.
func HomeNamespace(inv *inventory.Inventory) string {
	named := map[string]bool{}
	for _, w := range inv.Workloads {
		named[w.Namespace] = true
	}
	for _, p := range inv.Policies {
		named[p.Namespace] = true
	}
	for _, s := range inv.Services {
		named[s.Namespace] = true
	}
	delete(named, "")
	if len(named) == 1 {
		for n := range named {
			return n
		}
	}
	return "default"
}

// OfInventory returns the pods and namespaces that manifests define as a cluster without policies: a pod for each
// workload, in their order. Home is the namespace of those that name none.
func OfInventory(inv *inventory.Inventory, home string) Cluster {
	c := Cluster{Namespaces: map[string]map[string]string{}, Known: map[string]map[string]string{}}
	for _, n := range inv.Namespaces {
		c.Namespaces[n.Name], c.Known[n.Name] = n.Labels, n.Labels
	}
	for _, w := range inv.Workloads {
		p := Pod{Namespace: cmp.Or(w.Namespace, home), Name: w.Name, Labels: w.Labels, HostNetwork: w.HostNetwork}
		for _, port := range w.Ports {
			p.Ports = append(p.Ports, NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Number})
		}
		c.Pods = append(c.Pods, p)
	}
	return c
}

// OfManifests returns what manifests define as a cluster. Home is the namespace of objects that name none, or "" for
// that of HomeNamespace. The findings are those of reading the manifests; where one of
// them, or a policy that Kubernetes would refuse, is an error, the cluster is not to be relied on.
func OfManifests(inv *inventory.Inventory, home string, findings diag.List) (Cluster, diag.List) {
	for i := range findings {
		if findings[i].Rule == diag.ManifestSyntax {
			findings[i].Severity = diag.Error
		}
	}
	home = cmp.Or(home, HomeNamespace(inv))
	c := OfInventory(inv, home)
	policies := make([]networkingv1.NetworkPolicy, 0, len(inv.Policies))
	refused := false
	for _, p := range inv.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, home)
		read.Default(&policy)
		if err := read.Validate(&policy); err != nil {
			findings.Errorf(diag.ManifestSyntax, p.Pos, "this is not a NetworkPolicy as Kubernetes takes it: %s", strings.Join(strings.Fields(err.Error()), " ")).
				WithHelp("`kubectl apply --dry-run=server` shows what the API server says")
			refused = true
		}
		policies = append(policies, policy)
	}
	if !refused {
		c.Policies = read.Rules(policies)
	}
	return c, findings.Sorted()
}
