package examples_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/policy"
)

// TestFlows derives the open flows from the policies of each application by Kubernetes' semantics, and holds them to
// its call graph.
func TestFlows(t *testing.T) {
	for _, a := range applications() {
		t.Run(a.folder+a.cluster, func(t *testing.T) {
			result, err := buildAll(t, a.env(t), packages(t, a.folder)).One()
			if err != nil {
				t.Fatal(err)
			}
			policies := result.Policies
			if diff := a.diff(policies); diff != "" {
				t.Errorf("flows differ (-call graph +policies):\n%s", diff)
			}
		})
	}
}

// TestFlowsNoticeEveryEdge takes away each edge of each application, and adds each edge's way back: the comparison
// must notice both.
func TestFlowsNoticeEveryEdge(t *testing.T) {
	for _, a := range applications() {
		all := declared(t, a.env(t), a.folder)
		for at, p := range all {
			for i, e := range p.Allow {
				without := *p
				without.Allow = slices.Delete(slices.Clone(p.Allow), i, i+1)
				if a.diff(compile(t, all, at, &without)) == "" {
					t.Errorf("%s: nothing notices that `%s` is gone", a.folder, e.Text)
				}
				if e.To[0].Kind == graph.DNS || a.folder == "kubebuilder-operator" {
					continue // has no way back; its way back is open, as egress is not isolated
				}
				back := *e
				back.From, back.To, back.Ports = e.To, e.From, &graph.PortsExpr{All: true}
				with := *p
				with.Allow = append(slices.Clone(p.Allow), &back)
				if a.diff(compile(t, all, at, &with)) == "" {
					t.Errorf("%s: nothing notices the way back of `%s`", a.folder, e.Text)
				}
			}
		}
	}
}

// declared returns the packages of an example as they are written.
func declared(t *testing.T, env load.Env, folder string) []*graph.Package {
	t.Helper()
	sources, err := load.Sources(env.Dir, []string{packages(t, folder)})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := load.Packages(env, sources)
	if err != nil || len(loaded.Packages) == 0 {
		t.Fatal(loaded, err)
	}
	return loaded.Packages
}

// compile returns the policies of packages, one of which is another.
func compile(t *testing.T, packages []*graph.Package, at int, p *graph.Package) []networkingv1.NetworkPolicy {
	t.Helper()
	packages = slices.Clone(packages)
	packages[at] = p
	g, findings := graph.Link(packages)
	policies, more := policy.Compile(g)
	if len(findings)+len(more) > 0 {
		t.Fatal(findings, more)
	}
	return policies
}

// diff compares the flows that policies leave open with those that the call graph asks for.
func (a application) diff(policies []networkingv1.NetworkPolicy) string {
	own, rest, sets := a.nodes()
	c := &cluster{policies: policies, namespaces: map[string]map[string]string{}}
	for _, n := range append(slices.Clone(own), rest...) {
		labels := map[string]string{"kubernetes.io/metadata.name": n.namespace}
		maps.Copy(labels, a.namespaces[n.namespace])
		c.namespaces[n.namespace] = labels
	}
	probes := a.probes(policies)
	got := []string{}
	add := func(from, to node) {
		open := c.open(from, to)
		for _, p := range probes {
			if open(p) {
				got = append(got, flow(from.name, to.name, p))
			}
		}
	}
	for _, n := range own {
		for _, m := range own {
			add(n, m) // with itself: two replicas
		}
		for _, m := range rest {
			add(n, m)
			add(m, n)
		}
	}
	slices.Sort(got)
	return cmp.Diff(a.wanted(sets, probes), got)
}

// env is that of the repository, for the application's cluster.
func (a application) env(t *testing.T) load.Env {
	t.Helper()
	out := env(t)
	out.Cluster = a.cluster
	return out
}

func flow(from, to string, p port) string { return fmt.Sprintf("%s -> %s:%s", from, to, p) }

// nodes returns the pods in the application's namespaces, all other ends, and the sets of them that edges may name:
// `own`, `internet`, `elsewhere` (pods of other namespaces), `world` (all that is not own) and `dns`.
func (a application) nodes() (own, rest []node, sets map[string][]string) {
	pods := func(list *[]node, of map[string]map[string]string) (names []string) {
		for name, labels := range of {
			namespace, _, _ := strings.Cut(name, "/")
			*list = append(*list, node{name: name, namespace: namespace, labels: labels})
			names = append(names, name)
		}
		return names
	}
	addresses := func(of ...string) []string {
		for _, s := range of {
			rest = append(rest, node{name: s, address: netip.MustParseAddr(s)})
		}
		return of
	}
	sets = map[string][]string{}
	maps.Copy(sets, a.sets)
	sets["own"] = append(pods(&own, a.pods), pods(&own, a.strangers())...)
	sets["dns"] = pods(&rest, a.dns)
	sets["elsewhere"] = slices.Concat(sets["dns"], pods(&rest, a.others), pods(&rest, a.twins()),
		pods(&rest, map[string]map[string]string{"kube-system/other": {"app": "other"}}))
	sets["internet"] = addresses(append([]string{"198.51.100.7", "2001:db8::7", "::fffe:c633:6407"}, a.addresses...)...)
	inside := addresses("10.200.0.1", "169.254.169.254", "fd00::1", "::ffff:198.51.100.7")
	sets["world"] = slices.Concat(sets["elsewhere"], sets["internet"], inside)
	return own, rest, sets
}

// strangers are pods in the application's namespaces that its package does not know.
func (a application) strangers() map[string]map[string]string {
	out := map[string]map[string]string{}
	for name := range a.pods {
		namespace, _, _ := strings.Cut(name, "/")
		out[namespace+"/stranger"] = map[string]string{"app": "stranger"}
	}
	return out
}

// twins are pods of another namespace with the labels of the application's, among them those of its DNS servers.
func (a application) twins() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, of := range []map[string]map[string]string{a.pods, a.dns} {
		for name, labels := range of {
			out["twins/"+strings.ReplaceAll(name, "/", "-")] = labels
		}
	}
	return out
}

// probes returns the ports worth asking for: those that policies or edges name, their neighbours, both ends of the
// range and the usual Service ports, over every protocol.
func (a application) probes(policies []networkingv1.NetworkPolicy) []port {
	numbers := map[int32]bool{1: true, 22: true, 80: true, 443: true, 5000: true, 65535: true}
	name := func(n int32) { numbers[n-1], numbers[n], numbers[n+1] = true, true, true }
	for _, p := range policies {
		for _, r := range p.Spec.Ingress {
			for _, q := range r.Ports {
				name(q.Port.IntVal)
			}
		}
		for _, r := range p.Spec.Egress {
			for _, q := range r.Ports {
				name(q.Port.IntVal)
			}
		}
	}
	for _, e := range a.edges {
		for _, p := range ports(e) {
			name(p.number)
		}
	}
	var out []port
	for n := range numbers {
		for _, protocol := range []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP} {
			out = append(out, port{n, protocol})
		}
	}
	return out
}

// ports reads the ports of an edge; none are all.
func ports(edge string) []port {
	var out []port
	for p := range strings.SplitSeq(edge[strings.LastIndex(edge, ":")+1:], ",") {
		number, isUDP := strings.CutSuffix(p, "/udp")
		protocol := corev1.ProtocolTCP
		if isUDP {
			protocol = corev1.ProtocolUDP
		}
		if n, err := strconv.ParseInt(number, 10, 32); err == nil {
			out = append(out, port{int32(n), protocol})
		}
	}
	return out
}

// wanted returns the flows that the edges stand for.
func (a application) wanted(sets map[string][]string, probes []port) []string {
	out := []string{}
	for _, e := range a.edges {
		from, to, _ := strings.Cut(e[:strings.LastIndex(e, ":")], " -> ")
		wanted := ports(e)
		if len(wanted) == 0 {
			wanted = probes
		}
		for _, f := range members(sets, from) {
			for _, t := range members(sets, to) {
				for _, p := range wanted {
					out = append(out, flow(f, t, p))
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func members(sets map[string][]string, name string) []string {
	if set, ok := sets[name]; ok {
		return set
	}
	return []string{name}
}
