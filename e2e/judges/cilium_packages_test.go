package judges

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
)

var objectsTo = flag.String("objects", "", "a folder to which the objects of random packages for Cilium are written")

// randomCilium is a random package for Cilium, with hosts, requests and the API server among its edges.
func randomCilium(seed uint64) *talk {
	t := randomTalk(seed)
	t.cilium = true
	g := &talkGenerator{rawGenerator{rand.New(rand.NewPCG(seed, 7))}, t}
	t.onNode = g.one(2)
	if g.one(2) {
		hosts := [][]string{{"api.example.com"}, {"*.example.com"}, {"**.example.com"}, {"api.example.com", "*.example.org"}, {"www.example.org", "**.example.com"}}
		x := &external{name: "saas", hosts: pick(g.Rand, hosts), ports: []port{{"https", 443, 443, "TCP"}}}
		if g.one(4) {
			x.cidrs = []string{"198.51.100.0/24"}
		}
		t.externals = append(t.externals, x)
		for range 1 + g.IntN(2) {
			e := &edge{from: []peer{g.inside()}, to: []peer{{text: "saas", addresses: x}}}
			e.ports = pick(g.Rand, [][]port{nil, nil, {{lo: 8443, hi: 8443, protocol: "TCP"}}, {{}}, {{lo: 440, hi: 450, protocol: "TCP"}, {lo: 443, hi: 443, protocol: "UDP"}}})
			t.edges = append(t.edges, e)
		}
	}
	if g.one(2) {
		e := &edge{from: []peer{g.inside()}, to: []peer{{text: "apiserver", apiServer: true}}}
		if g.one(3) {
			e.from, e.to = e.to, []peer{g.inside()}
			e.ports = []port{{lo: 9443, hi: 9443, protocol: "TCP"}}
		}
		t.edges = append(t.edges, e)
	}
	if g.one(3) {
		e := &edge{from: []peer{g.inside()}, to: []peer{{text: "nodes", nodes: true}}, ports: []port{{lo: 10250, hi: 10250, protocol: "TCP"}}}
		if g.one(2) {
			e.from, e.to = e.to, e.from
		}
		t.edges = append(t.edges, e)
	}
	for range g.IntN(4) {
		e := &edge{from: []peer{g.inside()}, to: []peer{g.inside()}, ports: pick(g.Rand, [][]port{{{lo: 8081, hi: 8081, protocol: "TCP"}}, {{lo: 8081, hi: 8090, protocol: "TCP"}}, {{lo: 80, hi: 80, protocol: "TCP"}}})}
		if g.one(5) {
			e.to = []peer{{text: "internet", internet: true}}
		}
		for range 1 + g.IntN(2) {
			e.requests = append(e.requests, pick(g.Rand, []request{
				{method: "GET", path: "/v1/*"},
				{method: "POST", path: "/v1.2/a+b"},
				{path: "/healthz"},
				{method: "GET"},
				{},
				{path: "/*"},
				{method: "M-SEARCH", path: "/a(b)/*", header: "x-team", value: "web.1"},
				{path: "/v1"},
			}))
		}
		t.edges = append(t.edges, e)
	}
	return t
}

// asked is requests that tell the random ones apart.
func askedRequests() []Request {
	var out []Request
	team := map[string]string{"x-team": "web.1"}
	for _, method := range []string{"GET", "POST", "M-SEARCH", "GETX", "get"} {
		for _, path := range []string{"/", "/v1", "/v1/", "/v1/a/b?c=d", "/v1?x", "/v1x", "/v1.2/a+b", "/v1.2/a+b?q=/", "/v1x2/aab", "/healthz", "/healthz/", "/healthz?verbose", "/xhealthz", "/a(b)/c", "/ab/c", ""} {
			out = append(out, Request{method, path, nil}, Request{method, path, team}, Request{method, path, map[string]string{"x-team": "webx1"}})
		}
	}
	return out
}

// objectsOf returns what a build writes for Cilium, decoded as strictly as the API server does.
func objectsOf(stream []byte) ([]*v2.CiliumNetworkPolicy, error) {
	var out []*v2.CiliumNetworkPolicy
	for _, doc := range splitDocuments(stream) {
		if strings.TrimSpace(string(doc)) == "" {
			continue
		}
		o := &v2.CiliumNetworkPolicy{}
		if err := yaml.UnmarshalStrict(doc, o); err != nil {
			return nil, fmt.Errorf("%w in\n%s", err, doc)
		}
		out = append(out, o)
	}
	return out, nil
}

// ciliumBench is a build for Cilium among pods and addresses.
type ciliumBench struct {
	world   *world
	judge   *ciliumObjects
	stream  []byte
	outside Outside
}

func newCiliumBench(t *testing.T, result *gen.Result, seed uint64, onNode bool) *ciliumBench {
	t.Helper()
	w := inhabited(t, result, seed)
	special := []netip.Addr{outsideOfCilium.APIServer}
	for a := range outsideOfCilium.Hosts {
		special = append(special, a)
	}
	slices.SortFunc(special, netip.Addr.Compare)
	for _, a := range special {
		if a.Is6() == w.v6 {
			w.outside = append(w.outside, a)
		}
	}
	w.asked = append(w.asked, 80, 443, 6443, 8081, 8085, 8443, 9443)
	stream, err := result.Stream()
	if err != nil {
		t.Fatal(err)
	}
	b := &ciliumBench{world: w, stream: stream, outside: outsideOfCilium}
	b.outside.OnNode = onNode
	if b.judge, err = b.judgeOf(stream); err != nil {
		t.Fatalf("Cilium refuses what is written: %v\n%s", err, stream)
	}
	return b
}

func (b *ciliumBench) judgeOf(stream []byte) (*ciliumObjects, error) {
	objects, err := objectsOf(stream)
	if err != nil {
		return nil, err
	}
	w := *b.world
	w.policies = nil
	cluster, err := w.cluster()
	if err != nil {
		return nil, err
	}
	return newCiliumObjects(cluster, objects, b.outside)
}

// special asks about hosts, the API server and the servers of DNS.
func (b *ciliumBench) special(r *rand.Rand, n int) []Probe {
	var pods, dns, addresses, nodes []Side
	if outsideOfCilium.Node.Is6() == b.world.v6 {
		nodes = append(nodes, Side{-1, outsideOfCilium.Node})
	}
	for i, p := range b.world.pods {
		if p.HostNetwork || len(nodes) == 0 {
			nodes = append(nodes, Side{Pod: i})
		}
		pods = append(pods, Side{Pod: i})
		if p.Namespace == "kube-system" || p.Namespace == "openshift-dns" {
			dns = append(dns, Side{Pod: i})
		}
	}
	for _, a := range b.world.outside {
		if _, isHost := outsideOfCilium.Hosts[a]; isHost || a == outsideOfCilium.APIServer {
			addresses = append(addresses, Side{-1, a})
		}
	}
	var out []Probe
	for range n {
		pod := pick(r, pods)
		out = append(out, Probe{pod, pick(r, addresses), "TCP", pick(r, []int{443, 8443, 6443})},
			Probe{pod, pick(r, dns), pick(r, protocols()), pick(r, []int{53, 5353})},
			Probe{pick(r, addresses), pod, "TCP", pick(r, []int{9443, 8081})},
			Probe{pod, pick(r, nodes), "TCP", 10250}, Probe{pick(r, nodes), pod, "TCP", 10250})
	}
	return out
}

// TestCiliumPackages compiles random packages for Cilium and compares, on every probe and in each direction, what the
// package means by its edges with what Cilium's own engine makes of the objects: what is dropped, and what of HTTP
// passes the proxy.
func TestCiliumPackages(t *testing.T) {
	const packages, probes = 120, 130
	compiled, refused, asked, requests, differences, objects := 0, map[string]int{}, 0, 0, 0, 0
	crd := ciliumDefinition(t)
	seen := map[string]int{}
	for i := range uint64(packages * *scale) {
		talk := randomCilium(*seed<<32 + i)
		result := build(t, talk.cue())
		if result.Findings.Count(diag.Error) > 0 {
			for _, d := range result.Findings {
				if d.Severity == diag.Error {
					refused[d.Rule]++
					break
				}
			}
			continue
		}
		compiled++
		b := newCiliumBench(t, result, i, talk.onNode)
		if *objectsTo != "" && len(b.stream) > 0 {
			if err := os.WriteFile(filepath.Join(*objectsTo, fmt.Sprintf("%d.yaml", i)), b.stream, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		count, faults := crd.streamFaults(b.stream)
		if objects += count; len(faults) > 0 {
			t.Fatalf("the API server refuses it: %s", faults[0])
		}
		proof, err := result.Prove(b.stream)
		if err != nil || len(proof.Differences) > 0 {
			t.Fatalf("the proof refuses npgen's own output: %v %v\n%s", err, proof.Differences, talk.cue())
		}
		r := rand.New(rand.NewPCG(*seed, i))
		reading := newReading(talk, b.world)
		for _, p := range slices.Concat(reading.sieve(r, b.world.probes(r, 6*probes), probes), aimed(t, b.world, r), b.special(r, 40)) {
			asked++
			n, difference := compareCilium(t, reading, b, p, seen)
			if requests += n; difference != "" {
				if differences++; differences < 5 {
					t.Errorf("%s: %s\n%s\n%s", b.world.show(p), difference, talk.cue(), b.stream)
				}
			}
		}
	}
	for _, rule := range sorted(refused) {
		t.Logf("cilium packages: npgen refused %d, first finding [%s]", refused[rule], rule)
	}
	for _, what := range []string{"open to a host", "open to the API server", "open from the API server", "open to the node", "open to a node by its name", "closed", "some requests", "DNS is read"} {
		if t.Logf("cilium packages: %s: %d probes", what, seen[what]); seen[what] == 0 {
			t.Errorf("%s: never", what)
		}
	}
	t.Logf("cilium packages: %d compiled, %d objects as their definition wants them", compiled, objects)
	t.Logf("cilium packages: %d probes, %d requests of HTTP, %d differences", asked, requests, differences)
	if compiled < packages/4 || asked < 10000 || requests < 1000 {
		t.Errorf("too little is asked")
	}
}

// compareCilium returns how many requests were asked about, and the first difference, if any.
func compareCilium(t *testing.T, reading *reading, b *ciliumBench, p Probe, seen map[string]int) (requests int, difference string) {
	t.Helper()
	defer func() {
		_, isHost := outsideOfCilium.Hosts[p.To.Addr]
		open := reading.halfOf(p, p.From, egress).open && reading.isolated(p.From, egress)
		for what, is := range map[string]bool{
			"open to a host": open && isHost, "open to the API server": open && p.To.Addr == outsideOfCilium.APIServer && p.To.Pod < 0,
			"open from the API server":   p.From.Addr == outsideOfCilium.APIServer && p.From.Pod < 0 && reading.isolated(p.To, ingress) && reading.halfOf(p, p.To, ingress).open,
			"open to a node by its name": open && p.Port == 10250 && p.To.Pod >= 0 && b.world.pods[p.To.Pod].HostNetwork,
			"open to the node":           open && p.To.Addr == outsideOfCilium.Node && p.To.Pod < 0, "closed": !reading.halfOf(p, p.From, egress).open,
			"some requests": requests > 0 && !reading.halfOf(p, p.From, egress).whole, "DNS is read": reading.calls(p.From) && reading.dnsAllows(p),
		} {
			if is {
				seen[what]++
			}
		}
	}()
	out, in, err := b.judge.Verdicts(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []struct {
		name string
		want half
		got  Verdict
	}{{"egress", reading.halfOf(p, p.From, egress), out}, {"ingress", reading.halfOf(p, p.To, ingress), in}} {
		if side.want.open != side.got.Open {
			return requests, fmt.Sprintf("%s: declared %s, Cilium says %s", side.name, word(side.want.open), word(side.got.Open))
		}
		if !side.want.open || p.Protocol != "TCP" {
			continue
		}
		isDNS := side.name == "egress" && reading.dnsAllows(p)
		if isDNS && side.got.Read {
			continue
		}
		for _, r := range askedRequests() {
			requests++
			if want, got := side.want.passes(r), side.got.Passes(r); want != got {
				return requests, fmt.Sprintf("%s of %s %s %v: declared %s, Cilium says %s", side.name, r.Method, r.Path, r.Headers, word(want), word(got))
			}
		}
	}
	if reading.calls(p.From) && reading.dnsAllows(p) && (!out.dns || out.whole) {
		return requests, fmt.Sprintf("the pod calls hosts, and the answers of DNS are not read: %+v", out)
	}
	return requests, ""
}
