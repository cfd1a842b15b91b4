package flows

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/world"
)

// targets finds what the peers of edges stand for among the pods of a cluster.
type targets struct {
	cluster world.Cluster
	byName  map[string]*world.Pod
	// pods holds by ns/name the workloads that packages declare and manifests have: where their pods are in the cluster.
	pods map[string][]int
	// isBuilt is set where packages have built policies, and are not there themselves.
	isBuilt bool
}

func newTargets(c world.Cluster, pods map[string][]int) *targets {
	t := &targets{cluster: c, byName: map[string]*world.Pod{}, pods: pods}
	for i := range t.cluster.Pods {
		p := &t.cluster.Pods[i]
		t.byName[p.Namespace+"/"+p.Name] = p
	}
	return t
}

// of returns the targets of a peer: a pod for each workload and one for the pods that nothing declares, or addresses.
func (t *targets) of(p *graph.Peer) []Target {
	switch {
	case p.Workload != nil:
		if found := t.workload(p.Workload.String()); len(found) > 0 {
			return found
		}
		return []Target{t.pod(p.Workload.String(), world.OfWorkload(p.Workload))}
	case p.Test != nil && p.Test.Name.Pos.File == questionFile && t.pods != nil:
		return t.byLabels(p.Test, cmp.Or(p.Test.Namespace.Value, p.Package.Namespace.Value))
	case p.Test != nil:
		namespace := cmp.Or(p.Test.Namespace.Value, p.Package.Namespace.Value)
		name := namespace + "/" + p.Test.Name.Value
		if p.Test.Name.Pos.File == questionFile {
			name = peerName(p.Test, namespace)
		}
		return []Target{t.pod(name, world.Pod{Namespace: namespace, Name: p.Test.Name.Value, Labels: p.Test.Labels})}
	case p.Kind == graph.WholeNamespace:
		return t.namespace(p.Namespace.Name)
	case p.Kind == graph.AllNamespaces:
		return t.everyPod()
	case p.Kind == graph.Any:
		return append(t.everyPod(), outside())
	case p.DNS != nil:
		return t.dns(p)
	}
	return []Target{Addresses(p.NameIn(nil), p.Blocks)}
}

// workload returns the pods of manifests that a workload of a package stands for.
func (t *targets) workload(name string) []Target {
	var out []Target
	for _, i := range t.pods[name] {
		p := &t.cluster.Pods[i]
		out = append(out, Target{Name: p.Namespace + "/" + p.Name, Pod: p, As: name})
	}
	return out
}

// declaredAs returns the workload of a package, as ns/name, that a pod of the cluster stands for; "" where there is none.
func (t *targets) declaredAs(pod *world.Pod) string {
	out := ""
	for name, pods := range t.pods {
		for _, i := range pods {
			if &t.cluster.Pods[i] == pod && (out == "" || name < out) {
				out = name
			}
		}
	}
	return out
}

func (t *targets) pod(name string, p world.Pod) Target {
	if known := t.byName[name]; known != nil {
		return Target{Name: name, Pod: known}
	}
	return Target{Name: name, Pod: &p}
}

func (t *targets) dns(p *graph.Peer) []Target {
	var out []Target
	if p.DNS.HasPods() {
		pod := world.Pod{Namespace: p.DNS.Namespace, Name: "dns", Labels: p.DNS.Labels}
		out = append(out, Target{Name: "dns", Pod: &pod})
	}
	if len(p.Blocks) > 0 {
		out = append(out, Addresses("dns", p.Blocks))
	}
	return out
}

func (t *targets) namespace(name string) []Target {
	var out []Target
	for i := range t.cluster.Pods {
		// No selector matches pods on the host network.
		if p := &t.cluster.Pods[i]; p.Namespace == name && !p.HostNetwork {
			out = append(out, Target{Name: name + "/" + p.Name, Pod: p})
		}
	}
	return append(out, undeclared(name))
}

func (t *targets) everyPod() []Target {
	var out []Target
	for _, n := range t.namespaces() {
		out = append(out, t.namespace(n)...)
	}
	return out
}

// namespaces returns the names of the namespaces that there are, and one for all others.
func (t *targets) namespaces() []string {
	names := []string{other}
	for n := range t.cluster.Namespaces {
		names = append(names, n)
	}
	for _, p := range t.cluster.Pods {
		names = append(names, p.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// byLabels returns the pods that there are with some labels, and one with just these that there is not.
func (t *targets) byLabels(asked *graph.TestPeer, namespace string) []Target {
	var out []Target
	isExact := false
	for i := range t.cluster.Pods {
		p := &t.cluster.Pods[i]
		if len(asked.Labels) == 0 || p.Implied || p.Selector != nil || !p.HasLabels(namespace, asked.Labels) {
			continue
		}
		isExact = isExact || len(p.Labels) == len(asked.Labels)
		out = append(out, Target{Name: p.Namespace + "/" + p.Name, Pod: p})
	}
	if isExact {
		return out
	}
	for i := range t.cluster.Pods {
		if p := &t.cluster.Pods[i]; p.Namespace == namespace && !p.HostNetwork && maps.Equal(p.Labels, asked.Labels) {
			return append(out, Target{Name: peerName(asked, namespace), Pod: p, IsHypothetical: p.Implied})
		}
	}
	return append(out, Target{Name: peerName(asked, namespace), Pod: &world.Pod{Namespace: namespace, Name: "asked", Labels: asked.Labels}, IsHypothetical: true})
}

// ofBuilt returns the pods that policies of a package are about by the name of a workload there: the value of the one label
// that it has where the package gives it none.
func (t *targets) ofBuilt(namespace, name string) []Target {
	var out []Target
	for i := range t.cluster.Pods {
		p := &t.cluster.Pods[i]
		if !t.isBuilt || !p.Implied || len(p.Labels) != 1 || namespace != "" && namespace != p.Namespace {
			continue
		}
		for _, v := range p.Labels {
			if v == name {
				out = append(out, Target{Name: p.Namespace + "/" + p.Name, Pod: p})
			}
		}
	}
	return out
}

// hasPods reports whether a namespace has declared pods.
func (t *targets) hasPods(namespace string) bool {
	return slices.ContainsFunc(t.cluster.Pods, func(p world.Pod) bool { return p.Namespace == namespace && !p.Implied })
}

// special returns the targets of an end that only questions have, but for Services.
func (t *targets) special(end askedEnd) []Target {
	if end.isOutside {
		return []Target{outside()}
	}
	names := []string{end.namespace}
	if end.namespace == "" {
		names = t.namespaces()
	}
	var out []Target
	for _, n := range names {
		out = append(out, undeclared(n))
	}
	return out
}

// outside is every address outside of the cluster.
func outside() Target {
	return Addresses(Outside, []graph.Block{{CIDR: netip.MustParsePrefix("0.0.0.0/0")}, {CIDR: netip.MustParsePrefix("::/0")}})
}

// undeclared is the pods of a namespace that nothing declares.
func undeclared(namespace string) Target {
	return Target{Name: namespace + "/" + other, Pod: &world.Pod{Namespace: namespace, Name: other}}
}
