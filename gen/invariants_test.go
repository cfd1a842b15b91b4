package gen_test

import (
	"cmp"
	"math"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
	"github.com/npgen/npgen/gen/policy"
)

// TestInvariants holds what every build keeps, over all goldens and examples.
func TestInvariants(t *testing.T) {
	for name, result := range everyBuild(t) {
		t.Run(name, func(t *testing.T) {
			checkIsolation(t, result)
			checkNames(t, result.Policies)
			for i := range result.Policies {
				checkObject(t, &result.Policies[i], result.PackageNames())
			}
			checkOrder(t, result.Policies)
			checkWaves(t, result)
			checkStable(t, result)
			checkReadOnly(t, result)
			checkFacts(t, result)
		})
	}
}

func everyBuild(t *testing.T) map[string]*gen.Result {
	t.Helper()
	out := map[string]*gen.Result{}
	for _, name := range goldens(t) {
		out["golden/"+name] = build(t, filepath.Join("..", "testdata", "golden", name), "./...")
	}
	for _, name := range subfolders(t, filepath.Join("..", "examples")) {
		built, err := gen.BuildClusters(env(t, ".."), []string{"examples/" + name + "/..."})
		if err != nil || built.Findings.Count(diag.Error) > 0 {
			t.Fatal(name, err, built)
		}
		for _, r := range built.Clusters {
			out["examples/"+name+"/"+r.ClusterName] = r
		}
	}
	return out
}

// checkFacts holds that what is known of the cluster changes no policy.
func checkFacts(t *testing.T, result *gen.Result) {
	t.Helper()
	var packages []*graph.Package
	for _, p := range result.Graph.Packages {
		known := *p
		every := graph.Ranges{Prefixes: []graph.Prefix{{Prefix: netip.MustParsePrefix("0.0.0.0/0")}}}
		known.Cluster = graph.Cluster{Name: p.Cluster.Name, Nodes: p.Cluster.Nodes, CNI: graph.Text{Value: "x"}, Pods: every, Services: every}
		known.Cluster.Profile = &graph.CNI{EndPort: graph.No, SCTP: graph.No}
		packages = append(packages, &known)
	}
	g, _ := graph.Link(packages)
	policies, _ := policy.Compile(g)
	if diff := gocmp.Diff(result.Policies, policies); diff != "" {
		t.Errorf("with what is known of the cluster (-without +with):\n%s", diff)
	}
}

// checkNames holds names to what Kubernetes takes: DNS-1123 subdomains, one object a name.
func checkNames(t *testing.T, policies []networkingv1.NetworkPolicy) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range policies {
		name := p.Namespace + "/" + p.Name
		if faults := validation.IsDNS1123Subdomain(p.Name); len(faults) > 0 || p.Namespace == "" || seen[name] {
			t.Errorf("%s: there twice, or not a name: %q", name, faults)
		}
		seen[name] = true
	}
}

var denyName = regexp.MustCompile(`(^|-)default-deny-(ingress|egress)(-[0-9a-f]{8})?$`)

// checkObject holds one object to what all have in common, and to what the API server would refuse.
func checkObject(t *testing.T, p *networkingv1.NetworkPolicy, packages []string) {
	t.Helper()
	bad := func(format string, args ...any) {
		t.Errorf(p.Namespace+"/"+p.Name+": "+format, args...)
	}
	if p.APIVersion != "networking.k8s.io/v1" || p.Kind != "NetworkPolicy" {
		bad("is a %s %s", p.APIVersion, p.Kind)
	}
	if p.Labels["app.kubernetes.io/managed-by"] != "npgen" || !slices.Contains(packages, p.Labels["npgen.dev/package"]) {
		bad("has labels %v", p.Labels)
	}
	rules := rulesOf(p)
	if edges := edgesOf(p); (len(edges) == 0) != (len(rules) == 0) || !slices.IsSorted(edges) || len(slices.Compact(edges)) != len(edgesOf(p)) {
		bad("has %d rules and edges %q", len(rules), edges)
	}
	if denyName.MatchString(p.Name) != (len(rules) == 0) {
		bad("has %d rules, which its name does not say", len(rules))
	}
	if len(p.Spec.PolicyTypes) != 1 || len(p.Spec.Ingress) > 0 != (direction(p) == networkingv1.PolicyTypeIngress && len(rules) > 0) {
		bad("has types %v, %d ingress rules and %d egress rules", p.Spec.PolicyTypes, len(p.Spec.Ingress), len(p.Spec.Egress))
	}
	checkSelector(&p.Spec.PodSelector, bad)
	for _, r := range rules {
		checkRule(p, r, bad)
	}
}

// rule is a rule of either direction.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rulesOf(p *networkingv1.NetworkPolicy) []rule {
	var out []rule
	for _, r := range p.Spec.Ingress {
		out = append(out, rule{r.From, r.Ports})
	}
	for _, r := range p.Spec.Egress {
		out = append(out, rule{r.To, r.Ports})
	}
	return out
}

func direction(p *networkingv1.NetworkPolicy) networkingv1.PolicyType {
	if len(p.Spec.PolicyTypes) == 0 {
		return ""
	}
	return p.Spec.PolicyTypes[0]
}

// edgesOf returns the edges that an object says it stands for.
func edgesOf(p *networkingv1.NetworkPolicy) []string {
	text, ok := p.Annotations["npgen.dev/edges"]
	if !ok {
		return nil
	}
	return strings.Split(text, "\n")
}

// checkRule holds a rule to: everyone only for an edge with `any`, everything only where that edge says `:*`, and the
// protocol always written.
func checkRule(p *networkingv1.NetworkPolicy, r rule, bad func(string, ...any)) {
	if len(r.peers) == 0 && !slices.ContainsFunc(edgesOf(p), func(edge string) bool {
		from, to, _ := strings.Cut(edge, " -> ")
		to, ports := cutPorts(to)
		return (len(r.ports) == 0) == (ports == "*") &&
			(direction(p) == networkingv1.PolicyTypeIngress && from == "any" || direction(p) == networkingv1.PolicyTypeEgress && to == "any")
	}) {
		bad("a rule of %d ports is for everyone, and no edge says so: %q", len(r.ports), edgesOf(p))
	}
	for _, peer := range r.peers {
		checkPeer(peer, bad)
	}
	for _, port := range r.ports {
		switch {
		case port.Protocol == nil || !slices.Contains([]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}, *port.Protocol):
			bad("a port without a protocol: %v", port)
		case port.Port == nil && port.EndPort != nil:
			bad("a range without a start: %v", port)
		case port.Port != nil && (port.Port.Type != intstr.Int || len(validation.IsValidPortNum(port.Port.IntValue())) > 0):
			bad("port %v", port.Port)
		case port.EndPort != nil && (*port.EndPort <= port.Port.IntVal || *port.EndPort > 65535):
			bad("range %v to %v", port.Port, *port.EndPort)
		}
	}
}

// cutPorts divides the right side of an edge.
func cutPorts(to string) (peer, ports string) {
	i := strings.LastIndex(to, ":")
	return to[:i], to[i+1:]
}

func checkPeer(peer networkingv1.NetworkPolicyPeer, bad func(string, ...any)) {
	switch selectors := peer.PodSelector != nil || peer.NamespaceSelector != nil; {
	case selectors == (peer.IPBlock != nil):
		bad("a peer is both pods and addresses, or neither: %v", peer)
	case selectors:
		checkSelector(peer.PodSelector, bad)
		checkSelector(peer.NamespaceSelector, bad)
	default:
		cidr, err := netip.ParsePrefix(peer.IPBlock.CIDR)
		if err != nil || cidr.Masked() != cidr || cidr.String() != peer.IPBlock.CIDR {
			bad("cidr %s: %v", peer.IPBlock.CIDR, err)
		}
		for _, e := range peer.IPBlock.Except {
			except, err := netip.ParsePrefix(e)
			if err != nil || except.Masked() != except || except.Addr().Is4In6() || except.Bits() <= cidr.Bits() || !cidr.Contains(except.Addr()) {
				bad("except %s of %s: %v", e, cidr, err)
			}
		}
	}
}

func checkSelector(s *metav1.LabelSelector, bad func(string, ...any)) {
	if s == nil {
		return
	}
	if faults := metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, nil); len(faults) > 0 {
		bad("selector %v: %v", s, faults)
	}
}

// checkOrder holds the stream to: allow objects by namespace and name, then default denies likewise.
func checkOrder(t *testing.T, policies []networkingv1.NetworkPolicy) {
	t.Helper()
	inOrder := slices.IsSortedFunc(policies, func(a, b networkingv1.NetworkPolicy) int {
		if denyA, denyB := len(rulesOf(&a)) == 0, len(rulesOf(&b)) == 0; denyA != denyB {
			if denyA {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	if !inOrder {
		t.Error("the stream is not in order")
	}
}

// checkStable takes away each edge in turn: no other edge may move to an object of another name, and what an object
// says of the same edges must stay the same.
func checkStable(t *testing.T, result *gen.Result) {
	t.Helper()
	names := map[string]map[string]bool{}
	specs := map[string]*networkingv1.NetworkPolicy{}
	for i := range result.Policies {
		p := &result.Policies[i]
		specs[p.Namespace+"/"+p.Name] = p
		for _, key := range edgeKeys(p) {
			if names[key] == nil {
				names[key] = map[string]bool{}
			}
			names[key][p.Name] = true
		}
	}
	for i, p := range result.Graph.Packages {
		for j, dropped := range p.Allow {
			packages := slices.Clone(result.Graph.Packages)
			without := *p
			without.Allow = slices.Delete(slices.Clone(p.Allow), j, j+1)
			packages[i] = &without
			g, _ := graph.Link(packages)
			policies, findings := policy.Compile(g)
			if len(findings) > 0 {
				t.Errorf("without `%s`: %v", dropped.Text, findings)
			}
			for k := range policies {
				p := &policies[k]
				for _, key := range edgeKeys(p) {
					if names[key] != nil && !names[key][p.Name] {
						t.Errorf("without `%s`, `%s` moves from %v to %s", dropped.Text, key, names[key], p.Name)
					}
				}
				if was := specs[p.Namespace+"/"+p.Name]; was != nil && slices.Equal(edgesOf(was), edgesOf(p)) && was.Spec.String() != p.Spec.String() {
					t.Errorf("without `%s`, %s/%s changes and its edges do not", dropped.Text, p.Namespace, p.Name)
				}
			}
		}
	}
}

// edgeKeys returns the edges of an object without their ports, which other edges of the same ends add to, with the
// namespace and direction. Edges to DNS are left out: on the ports of the profile they are the DNS that auto may give as
// well, on others objects of their own.
func edgeKeys(p *networkingv1.NetworkPolicy) []string {
	var out []string
	for _, e := range edgesOf(p) {
		ends, _ := cutPorts(e)
		if strings.HasSuffix(ends, " -> dns") {
			continue
		}
		out = append(out, p.Namespace+" "+string(direction(p))+" "+ends)
	}
	return out
}

// checkReadOnly holds all that is done with policies to leave them as they are: they share labels, selectors and ports.
func checkReadOnly(t *testing.T, result *gen.Result) {
	t.Helper()
	before := slices.Clone(result.Policies)
	for i := range before {
		before[i] = *before[i].DeepCopy()
	}
	files, err := result.Files(result.Head(load.Env{Dir: t.TempDir()}, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := result.ProveFiles(files); err != nil {
		t.Fatal(err)
	}
	if _, err := result.Cluster(); err != nil {
		t.Fatal(err)
	}
	policy.Compile(result.Graph)
	if diff := gocmp.Diff(before, result.Policies); diff != "" {
		t.Errorf("the policies are not what they were:\n%s", diff)
	}
}

// checkWaves holds the waves of Argo CD to: on every object of a package that asks for them and on no other, and no allow
// object after a default deny. Waves are integers in a string, lower ones first (Argo CD, Sync Phases and Waves).
func checkWaves(t *testing.T, result *gen.Result) {
	t.Helper()
	asked := map[string]bool{}
	for _, p := range result.Graph.Packages {
		if p.Output.Waves == graph.ArgoCD {
			asked[p.Output.Name] = true
		}
	}
	lastAllow, firstDeny := math.MinInt, math.MaxInt
	for _, p := range result.Policies {
		text, there := p.Annotations["argocd.argoproj.io/sync-wave"]
		if there && p.Namespace == "own" {
			continue // the user's own annotation, in the golden for that
		}
		if there != asked[p.Labels["npgen.dev/package"]] {
			t.Errorf("%s/%s: has a wave: %t", p.Namespace, p.Name, there)
		}
		if !there {
			continue
		}
		wave, err := strconv.Atoi(text)
		if err != nil {
			t.Errorf("%s/%s: %v", p.Namespace, p.Name, err)
		}
		if len(rulesOf(&p)) > 0 {
			lastAllow = max(lastAllow, wave)
		} else {
			firstDeny = min(firstDeny, wave)
		}
	}
	if lastAllow >= firstDeny {
		t.Errorf("allow objects come up to wave %d, default denies from wave %d", lastAllow, firstDeny)
	}
}
