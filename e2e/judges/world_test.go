package judges

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	clusters "github.com/npgen/npgen/gen/world"
)

// nameLabel is the label that Kubernetes sets on every namespace.
const nameLabel = "kubernetes.io/metadata.name"

// tree is a YAML document as somebody wrote it, which says more than the API's types can: absent or empty.
type tree = map[string]any

// world is policies as written and the pods that they are asked about.
type world struct {
	policies   []tree
	pods       []clusters.Pod
	namespaces map[string]map[string]string
	// v6 is the family of the pods' addresses.
	v6 bool
	// outside is addresses outside of the cluster, of that family.
	outside []netip.Addr
	// asked is ports that a question names, besides those of policies and pods.
	asked []int
}

// yaml is the text that npgen reads.
func (w *world) yaml() []byte {
	var out bytes.Buffer
	for _, p := range w.policies {
		data, err := yaml.Marshal(p)
		if err != nil {
			panic(err) // a tree of maps, lists and scalars
		}
		out.WriteString("---\n")
		out.Write(data)
	}
	return out.Bytes()
}

// address is that of the pod at an index: of its own, or of its node.
func (w *world) address(i int) netip.Addr {
	network := map[bool]string{false: "10.244.0.0", true: "fd00:10:244::"}[w.v6]
	if w.pods[i].HostNetwork {
		network = map[bool]string{false: "172.18.0.0", true: "fd00:172:18::"}[w.v6]
	}
	bytes := netip.MustParseAddr(network).AsSlice()
	n := i + 1
	bytes[len(bytes)-1], bytes[len(bytes)-2] = byte(n), byte(n>>8)
	out, _ := netip.AddrFromSlice(bytes)
	return out
}

// cluster is the world as a judge takes it: decoded by the API's own types, with the API server's defaults.
func (w *world) cluster() (*Cluster, error) {
	var policies []networkingv1.NetworkPolicy
	for _, t := range w.policies {
		data, err := yaml.Marshal(t)
		if err != nil {
			return nil, err
		}
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict(data, &p); err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	stored, err := Stored(policies)
	if err != nil {
		return nil, err
	}
	out := &Cluster{Policies: stored, Namespaces: map[string]map[string]string{}}
	for i, p := range w.pods {
		pod := Pod{Namespace: p.Namespace, Name: p.Name, Labels: p.Labels, Address: w.address(i), HostNetwork: p.HostNetwork}
		for _, port := range p.Ports {
			pod.Ports = append(pod.Ports, corev1.ContainerPort{Name: port.Name, ContainerPort: int32(port.Port), Protocol: protocolOf(port.Protocol)})
		}
		out.Pods = append(out.Pods, pod)
		out.Namespaces[p.Namespace] = w.labelsOf(p.Namespace)
	}
	return out, nil
}

func protocolOf(p graph.Protocol) corev1.Protocol {
	return corev1.Protocol(strings.ToUpper(p.String()))
}

// question is the world as npgen's evaluator takes it.
type question struct {
	clusters.Cluster
	// Policies are objects here, as the known differences are written into them.
	Policies  []networkingv1.NetworkPolicy
	addresses []netip.Addr
	// nodes lets a host-network pod stand as its node's address (a known difference).
	nodes bool
}

func (w *world) question() (*question, error) {
	policies, err := read.Policies(w.yaml())
	if err != nil {
		return nil, err
	}
	q := &question{Cluster: clusters.Cluster{Namespaces: map[string]map[string]string{}}, Policies: policies}
	for i, p := range w.pods {
		p.Labels = maps.Clone(p.Labels)
		p.Ports = slices.Clone(p.Ports)
		q.Pods, q.addresses = append(q.Pods, p), append(q.addresses, w.address(i))
		q.Namespaces[p.Namespace] = w.namespaces[p.Namespace]
	}
	return q, nil
}

// witness answers probes by npgen's evaluator.
type witness struct {
	*question
	evaluator *flows.Evaluator
	known     map[[2]Side]sets.Ports
}

// witness makes one, with the known differences of an engine written into the question.
func (w *world) witness(differences ...difference) (*witness, error) {
	q, err := w.question()
	if err != nil {
		return nil, err
	}
	for _, d := range differences {
		d.rewrite(q)
	}
	q.Cluster.Policies = read.Rules(q.Policies)
	return &witness{q, flows.New(q.Cluster), map[[2]Side]sets.Ports{}}, nil
}

func (w *witness) allowed(p Probe) bool {
	key := [2]Side{p.From, p.To}
	ports, ok := w.known[key]
	if !ok {
		ports = w.evaluator.Ports(w.end(p.From), w.end(p.To))
		w.known[key] = ports
	}
	for _, protocol := range graph.Protocols() {
		if protocolOf(protocol) == p.Protocol {
			return ports.Contains(protocol, p.Port)
		}
	}
	panic("a protocol that policies do not know: " + p.Protocol)
}

func (w *witness) end(s Side) flows.End {
	switch {
	case s.Pod < 0:
		return flows.End{Addr: s.Addr}
	case w.nodes && w.Pods[s.Pod].HostNetwork:
		return flows.End{Addr: w.addresses[s.Pod]}
	}
	return flows.End{Pod: &w.Pods[s.Pod]}
}

// probes chooses questions: every kind of end, and the ports on both sides of each number that a policy or a pod names.
func (w *world) probes(r *rand.Rand, n int) []Probe {
	sides, ports := w.sides(), w.interestingPorts()
	seen := map[Probe]bool{}
	var out []Probe
	for range 2 * n {
		p := Probe{pick(r, sides), pick(r, sides), pick(r, protocols()), pick(r, ports)}
		if named := w.portsOf(p.To); len(named) > 0 && r.IntN(3) == 0 {
			port := pick(r, named)
			p.Protocol, p.Port = protocolOf(port.Protocol), port.Port
		}
		if p.From.Pod < 0 && p.To.Pod < 0 || seen[p] {
			continue
		}
		seen[p] = true
		if out = append(out, p); len(out) == n {
			break
		}
	}
	return out
}

// sides is every pod and every address outside.
func (w *world) sides() []Side {
	out := make([]Side, 0, len(w.pods)+len(w.outside))
	for i := range w.pods {
		out = append(out, Side{Pod: i})
	}
	for _, a := range w.outside {
		out = append(out, Side{-1, a})
	}
	return out
}

func (w *world) portsOf(s Side) []clusters.NamedPort {
	if s.Pod < 0 {
		return nil
	}
	return w.pods[s.Pod].Ports
}

// protocols is what probes use, TCP more often.
func protocols() []corev1.Protocol {
	return []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}
}

func (w *world) interestingPorts() []int {
	ports := map[int]bool{1: true, 53: true, 65535: true}
	add := func(n int) {
		for _, p := range []int{n - 1, n, n + 1} {
			if p >= 1 && p <= 65535 {
				ports[p] = true
			}
		}
	}
	for _, n := range w.asked {
		add(n)
	}
	for _, t := range w.policies {
		numbers(t["spec"], add)
	}
	for _, p := range w.pods {
		for _, port := range p.Ports {
			add(port.Port)
		}
	}
	return slices.Sorted(maps.Keys(ports))
}

// numbers calls add for each number in a tree: those of a policy's spec are ports.
func numbers(v any, add func(int)) {
	switch v := v.(type) {
	case tree:
		for _, e := range v {
			numbers(e, add)
		}
	case []any:
		for _, e := range v {
			numbers(e, add)
		}
	case int:
		add(v)
	case int64:
		add(int(v))
	case float64:
		add(int(v))
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// String shows a world and what a reader needs to see the difference again.
func (w *world) String() string {
	var b strings.Builder
	b.Write(w.yaml())
	for i, p := range w.pods {
		fmt.Fprintf(&b, "# pod %d %s/%s %s labels %v ports %v hostNetwork %v\n", i, p.Namespace, p.Name, w.address(i), p.Labels, p.Ports, p.HostNetwork)
	}
	for _, n := range slices.Sorted(maps.Keys(w.namespaces)) {
		fmt.Fprintf(&b, "# namespace %s labels %v\n", n, w.namespaces[n])
	}
	return b.String()
}

func (w *world) show(p Probe) string {
	return fmt.Sprintf("%s -> %s %d/%s", w.side(p.From), w.side(p.To), p.Port, p.Protocol)
}

func (w *world) side(s Side) string {
	if s.Pod < 0 {
		return s.Addr.String()
	}
	return fmt.Sprintf("pod %d %s/%s", s.Pod, w.pods[s.Pod].Namespace, w.pods[s.Pod].Name)
}
