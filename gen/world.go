package gen

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/reach"
)

// world is a cluster, and where its parts come from.
type world struct {
	reach.Cluster
	// policies is the policies as they are written, in the order of the cluster; nil for those of packages.
	policies []*inventory.Policy
	// pods holds by ns/name the workloads of packages that manifests have: where their pods are among the cluster's.
	pods map[string][]int
	// objects are the workloads and namespaces of manifests that are in the cluster, by kind, namespace and name.
	objects map[[3]string]bool
}

// world returns the cluster of an input. What Kubernetes would not take is added to the findings.
func (r *reading) world() (*world, error) {
	w := &world{Cluster: reach.Cluster{Namespaces: map[string]map[string]string{}}, pods: map[string][]int{}, objects: map[[3]string]bool{}}
	if r.result != nil {
		var err error
		if w.Cluster, err = r.result.Cluster(); err != nil {
			return nil, err
		}
		w.policies = make([]*inventory.Policy, len(w.Policies))
	}
	declared, home := len(w.Pods), r.home()
	for _, inv := range r.layers {
		w.add(inv, home, &r.findings)
	}
	r.findings = r.findings.Sorted()
	if r.result != nil && len(r.layers) > 0 {
		w.represent(r.result.Graph.Workloads, declared)
	}
	return w, nil
}

// cluster returns the cluster of an input alone.
func (r *reading) cluster() (reach.Cluster, error) {
	w, err := r.world()
	if err != nil {
		return reach.Cluster{}, err
	}
	return w.Cluster, nil
}

// add adds what manifests have and the world has not. home is the namespace of objects that name none.
func (w *world) add(inv *inventory.Inventory, home string, findings *diag.List) {
	inv = inv.In(home)
	known := maps.Clone(w.objects)
	for _, n := range inv.Namespaces {
		key := [3]string{"Namespace", "", n.Name}
		if !known[key] {
			w.objects[key] = true
			w.Namespaces[n.Name] = n.Labels
		}
	}
	for _, o := range inv.Workloads {
		key := [3]string{o.Kind, o.Namespace, o.Name}
		if known[key] {
			continue
		}
		w.objects[key] = true
		p := reach.Pod{Namespace: o.Namespace, Name: o.Name, Labels: o.Labels, HostNetwork: o.HostNetwork}
		for _, port := range o.Ports {
			p.Ports = append(p.Ports, reach.NamedPort{Name: port.Name, Protocol: port.Protocol, Port: port.Number})
		}
		w.Pods = append(w.Pods, p)
	}
	there := map[[2]string]bool{}
	for _, p := range w.Policies {
		there[[2]string{p.Namespace, p.Name}] = true
	}
	for _, p := range inv.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, home)
		if there[[2]string{policy.Namespace, policy.Name}] {
			continue
		}
		reach.Default(&policy)
		if err := reach.Validate(&policy); err != nil {
			findings.Errorf(diag.ManifestSyntax, p.Pos, "this is not a NetworkPolicy as Kubernetes takes it: %s", strings.Join(strings.Fields(err.Error()), " ")).
				WithHelp("`kubectl apply --dry-run=server` shows what the API server says")
		}
		w.Policies, w.policies = append(w.Policies, policy), append(w.policies, p)
	}
}

// represent puts the pods of manifests in the place of those that packages declare; declared is how many of those there
// are, in the order of the workloads. A namespace that is selected by labels may be many, so what is declared in it stays.
func (w *world) represent(workloads []*graph.Workload, declared int) {
	type place struct{ namespace, key, value string }
	found := w.Pods[declared:]
	by := map[place][]int{}
	for i, p := range found {
		by[place{namespace: p.Namespace}] = append(by[place{namespace: p.Namespace}], i)
		for k, v := range p.Labels {
			by[place{p.Namespace, k, v}] = append(by[place{p.Namespace, k, v}], i)
		}
	}
	var stay []reach.Pod
	for n, x := range workloads {
		candidates := by[place{namespace: x.Namespace.Name}]
		for k, v := range x.Selector.MatchLabels {
			candidates = by[place{x.Namespace.Name, k, v}]
			break
		}
		var pods []int
		for _, i := range candidates {
			if x.Namespace.Selector == nil && graph.MatchesLabels(x.Selector, found[i].Labels) {
				pods = append(pods, i)
			}
		}
		if len(pods) == 0 {
			stay = append(stay, w.Pods[n])
		} else {
			w.pods[x.String()] = pods
		}
	}
	for _, pods := range w.pods {
		for i := range pods {
			pods[i] += len(stay)
		}
	}
	names := map[string]bool{}
	for _, p := range found {
		names[p.Namespace+"/"+p.Name] = true
	}
	for i, p := range stay {
		if names[p.Namespace+"/"+p.Name] {
			stay[i].Name = fmt.Sprintf("%s {%s}", p.Name, labelsWords(p.Labels))
		}
	}
	w.Pods = append(slices.Clip(stay), found...)
}

// labelsWords returns labels as names of pods hold them.
func labelsWords(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, k+"="+labels[k])
	}
	return strings.Join(out, ",")
}
