package world

import (
	"cmp"

	"github.com/npgen/npgen/gen/inventory"
)

// HomeNamespace returns the namespace of objects that name none: the only one that the other objects name or that is in
// others, or `default`, where kubectl puts them.
func HomeNamespace(inventories []*inventory.Inventory, others ...string) string {
	named := map[string]bool{}
	for _, n := range others {
		named[n] = true
	}
	for _, inv := range inventories {
		for _, w := range inv.Workloads {
			named[w.Namespace] = true
		}
		for _, p := range inv.Policies {
			named[p.Namespace] = true
		}
		for _, s := range inv.Services {
			named[s.Namespace] = true
		}
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
