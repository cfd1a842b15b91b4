package world

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// Parts is what a cluster is made of: packages, manifests, or both.
type Parts struct {
	// Graph is nil where no package is named; Policies is those of the packages.
	Graph    *graph.Graph
	Policies []rule.Policy
	// Layers are manifests. What packages or one of them have, later ones do not change.
	Layers []*inventory.Inventory
	// Home is the namespace of objects that name none; "" is as HomeNamespace says.
	Home string
}

// Mixed is a cluster of packages and manifests. Its policies are those of the packages and then any in the manifests, its
// pods the manifests' workloads, and the workloads of packages of which the manifests have no pods, as they are declared.
type Mixed struct {
	Cluster
	// Workloads holds by ns/name those of packages that manifests have: where their pods are among the cluster's. It
	// is nil where there are not both.
	Workloads map[string][]int
	// Written is the policies as they are written, in the order of the cluster; nil for those of packages.
	Written []*inventory.Policy
	// Objects is the policies of manifests, with the API server's defaults: the last ones of the cluster, in its order.
	Objects []networkingv1.NetworkPolicy
}

// Of makes a cluster of its parts. To the findings, those of reading the manifests, it adds policies that Kubernetes would
// refuse: they are not counted.
func Of(parts Parts, findings diag.List) (Mixed, diag.List) {
	m := &mixer{Mixed: Mixed{Cluster: Cluster{Namespaces: map[string]map[string]string{}, Known: map[string]map[string]string{}}}, objects: map[[3]string]bool{}, findings: findings}
	var owned []string
	if parts.Graph != nil {
		m.Cluster = OfPackages(parts.Graph, parts.Policies)
		m.Written = make([]*inventory.Policy, len(parts.Policies))
		for _, n := range parts.Graph.Namespaces {
			if n.Owned() {
				owned = append(owned, n.Name)
			}
		}
	}
	declared, home := len(m.Pods), cmp.Or(parts.Home, HomeNamespace(parts.Layers, owned...))
	for _, inv := range parts.Layers {
		m.add(inv, home)
	}
	if parts.Graph != nil && len(parts.Layers) > 0 {
		m.represent(parts.Graph.Workloads, declared)
	}
	return m.Mixed, m.findings.Sorted()
}

type mixer struct {
	Mixed
	// objects are the workloads and namespaces of manifests that are in the cluster, by kind, namespace and name.
	objects  map[[3]string]bool
	findings diag.List
}

// add adds what manifests have and the cluster has not. Home is the namespace of objects that name none.
func (m *mixer) add(inv *inventory.Inventory, home string) {
	known := maps.Clone(m.objects)
	placed := *inv.In(home)
	placed.Namespaces = slices.DeleteFunc(slices.Clone(inv.Namespaces), func(n *inventory.Namespace) bool {
		key := [3]string{"Namespace", "", n.Name}
		m.objects[key] = true
		return known[key]
	})
	placed.Workloads = slices.DeleteFunc(placed.Workloads, func(w *inventory.Workload) bool {
		key := [3]string{w.Kind, w.Namespace, w.Name}
		m.objects[key] = true
		return known[key]
	})
	for _, s := range placed.Services {
		key := [3]string{"Service", s.Namespace, s.Name}
		m.objects[key] = true
		if !known[key] {
			m.Services = append(m.Services, s)
		}
	}
	c := OfInventory(&placed, home)
	maps.Copy(m.Namespaces, c.Namespaces)
	maps.Copy(m.Known, c.Known)
	for name := range c.Known {
		delete(m.Stated, name)
	}
	m.Pods = append(m.Pods, c.Pods...)

	there := map[[2]string]int{}
	for i, p := range m.Policies {
		there[[2]string{p.Namespace, p.Name}] = i
	}
	var policies []networkingv1.NetworkPolicy
	var written []*inventory.Policy
	last := map[[2]string]int{}
	for _, p := range inv.Policies {
		policy := p.NetworkPolicy
		policy.Namespace = cmp.Or(policy.Namespace, home)
		key := [2]string{policy.Namespace, policy.Name}
		read.Default(&policy)
		if i, isThere := there[key]; isThere {
			m.stands(i, p, policy)
			continue
		}
		if fault := policyFault(p, &policy); fault != "" {
			m.findings.Warnf(diag.ManifestSyntax, p.Pos, "this is not a NetworkPolicy as Kubernetes takes it: %s", fault).
				WithHelp("it is not counted; `kubectl apply --dry-run=server` shows what the API server says")
			m.NotCounted = append(m.NotCounted, p.NotCounted(policy.Namespace, fault))
			continue
		}
		// Of two policies of one name the one that is applied last is there.
		if i, isThere := last[key]; isThere {
			policies[i], written[i] = policy, p
			continue
		}
		last[key] = len(policies)
		policies, written = append(policies, policy), append(written, p)
	}
	m.Objects = append(m.Objects, policies...)
	m.Policies, m.Written = append(m.Policies, read.Rules(policies)...), append(m.Written, written...)
	others, notCounted := OthersOf(inv, home)
	for _, o := range others {
		key := [3]string{o.Kind, o.Policy.Namespace, o.Name}
		if m.objects[key] = true; !known[key] {
			m.Others = append(m.Others, o)
		}
	}
	m.NotCounted = append(m.NotCounted, notCounted...)
}

// stands notes that a policy of a package stands in a file as it is built.
func (m *mixer) stands(i int, p *inventory.Policy, policy networkingv1.NetworkPolicy) {
	if m.Written[i] == nil && read.Validate(&policy) == nil && reflect.DeepEqual(read.Rules([]networkingv1.NetworkPolicy{policy})[0], m.Policies[i]) {
		m.Written[i] = p
	}
}

// policyFault returns why `kubectl apply` does not take a policy that it can read, or "".
func policyFault(p *inventory.Policy, policy *networkingv1.NetworkPolicy) string {
	if p.Generated {
		return "its `generateName` makes another policy each time, so that `kubectl apply` refuses it"
	}
	if err := read.Validate(policy); err != nil {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return ""
}

// represent puts the pods of manifests in the place of those that packages declare; declared is how many of those there
// are, in the order of the workloads. A namespace that is selected by labels may be many, so what is declared in it stays.
func (m *mixer) represent(workloads []*graph.Workload, declared int) {
	m.Workloads = map[string][]int{}
	type place struct{ namespace, key, value string }
	found := m.Pods[declared:]
	by := map[place][]int{}
	for i, p := range found {
		by[place{namespace: p.Namespace}] = append(by[place{namespace: p.Namespace}], i)
		for k, v := range p.Labels {
			by[place{p.Namespace, k, v}] = append(by[place{p.Namespace, k, v}], i)
		}
	}
	var stay []Pod
	for n, w := range workloads {
		candidates := by[place{namespace: w.Namespace.Name}]
		for k, v := range w.Selector.MatchLabels {
			candidates = by[place{w.Namespace.Name, k, v}]
			break
		}
		var pods []int
		for _, i := range candidates {
			if w.Namespace.Selector == nil && sets.Matches(w.Selector, found[i].Labels) {
				pods = append(pods, i)
			}
		}
		if len(pods) == 0 {
			stay = append(stay, m.Pods[n])
		} else {
			m.Workloads[w.String()] = pods
		}
	}
	for _, pods := range m.Workloads {
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
			stay[i].Name = fmt.Sprintf("%s {%s}", p.Name, sets.LabelsText(p.Labels))
		}
	}
	m.Pods = append(slices.Clip(stay), found...)
}
