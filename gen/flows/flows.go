package flows

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// Row says that From may reach To on Ports. Rows add up. A name is ns/pod, "ns/*" for every pod of a namespace,
// "ns/(other)" for its pods that nothing declares, "(other)/*" for pods of namespaces that nothing declares, "*/*" for
// every pod, or addresses outside of the cluster.
type Row struct {
	From, To string
	Ports    sets.Ports
}

// Has reports whether the row speaks of a source and a target, each given as name or ns/name; "" is anyone.
func (r Row) Has(from, to string) bool { return speaksOf(r.From, from) && speaksOf(r.To, to) }

func speaksOf(end, name string) bool {
	if name == "" || end == name || end == "*/*" {
		return true
	}
	namespace, pod, _ := strings.Cut(end, "/")
	wanted, _, qualified := strings.Cut(name, "/")
	if !qualified {
		return pod == name
	}
	return pod == "*" && namespace == wanted
}

// Outside is the name of every address outside of the cluster.
const Outside = "(outside)"

const other = world.Other

// Flows returns who may reach whom, sorted. The work grows with the rules and with the rows, not with the pairs of
// pods: pairs are visited where a selector names one end by a label; ends that only wide rules or the lack of
// isolation connect are taken class by class.
func (e *Evaluator) Flows() []Row {
	f := e.newFlows()
	f.narrowPairs()
	f.widePairs()
	f.outsideRows()
	slices.SortFunc(f.rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Ports.String(), b.Ports.String()))
	})
	return slices.CompactFunc(f.rows, func(a, b Row) bool { return a.From == b.From && a.To == b.To && a.Ports.Equal(b.Ports) })
}

// NotGoverned returns the host-network pods, sorted: no policy speaks for or of them.
func (e *Evaluator) NotGoverned() []string {
	var out []string
	for _, p := range e.cluster.Pods {
		if p.HostNetwork {
			out = append(out, p.Namespace+"/"+p.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// flows is the state of one listing.
type flows struct {
	*Evaluator
	pods []*world.Pod
	// sides holds what each pod's policies say, by direction.
	sides map[graph.Directions][]podSide
	// byLabel holds pods by a label, and by namespace and a label.
	byLabel  map[label][]int
	selected map[string][]int
	// size is the number of pods of each namespace; shown the namespaces that have policies or declared pods.
	size  map[string]int
	shown map[string]bool
	rows  []Row
}

// podSide is what the policies of one pod say of one direction.
type podSide struct {
	isolated bool
	narrow   []peerPorts
	wide     []peerPorts
	// blocks and outside are what is open to addresses, and to every address.
	blocks  []blockFlow
	outside sets.Ports
}

// peerPorts is one peer of a rule; a nil peer is everyone.
type peerPorts struct {
	peer *podPeer
	rule *compiledRule
}

func (e *Evaluator) newFlows() *flows {
	f := &flows{
		Evaluator: e, sides: map[graph.Directions][]podSide{},
		byLabel: map[label][]int{}, selected: map[string][]int{}, size: map[string]int{}, shown: map[string]bool{"*": true},
	}
	namespaces := map[string]bool{other: true}
	for i := range e.cluster.Pods {
		p := &e.cluster.Pods[i]
		namespaces[p.Namespace] = true
		f.shown[p.Namespace] = f.shown[p.Namespace] || !p.Implied
		if !p.HostNetwork {
			f.pods = append(f.pods, p)
		}
	}
	for n := range e.cluster.Namespaces {
		namespaces[n] = true
	}
	for n := range e.policies {
		namespaces[n], f.shown[n] = true, true
	}
	for _, n := range slices.Sorted(maps.Keys(namespaces)) {
		f.pods = append(f.pods, &world.Pod{Namespace: n, Name: other})
	}
	for i, p := range f.pods {
		f.size[p.Namespace]++
		for k, v := range p.Labels {
			f.byLabel[label{Key: k, Value: v}] = append(f.byLabel[label{Key: k, Value: v}], i)
		}
		policies := e.selecting(p)
		for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
			f.sides[d] = append(f.sides[d], sideOf(p, policies, d))
		}
	}
	return f
}

func sideOf(pod *world.Pod, policies []*compiled, d graph.Directions) podSide {
	var out podSide
	// Named ports are those of the destination: of the pod where it receives; an address has none.
	var destination End
	if d == graph.Ingress {
		destination.Pod = pod
	}
	for _, p := range policies {
		rules, isolates := p.sides[d]
		out.isolated = out.isolated || isolates
		for i := range rules {
			r := &rules[i]
			if r.Everyone() {
				out.wide = append(out.wide, peerPorts{nil, r})
				out.outside = out.outside.Union(r.portsAt(destination))
			}
			if !r.blocks.IsEmpty() {
				out.blocks = append(out.blocks, blockFlow{addresses: r.blocks, ports: r.portsAt(destination)})
			}
			for j := range r.peers {
				pp := peerPorts{&r.peers[j], r}
				if r.peers[j].label == (label{}) {
					out.wide = append(out.wide, pp)
				} else {
					out.narrow = append(out.narrow, pp)
				}
			}
		}
	}
	if !out.isolated {
		out.outside = sets.AllPorts()
	}
	return out
}

// matching returns the pods that a narrow peer selects.
func (f *flows) matching(p *podPeer) []int {
	if found, ok := f.selected[p.key]; ok {
		return found
	}
	found := []int{}
	for _, i := range f.byLabel[p.label] {
		if f.matches(*p, f.pods[i]) {
			found = append(found, i)
		}
	}
	f.selected[p.key] = found
	return found
}

type pair struct{ from, to int }

// narrow is what narrow peers open: what the first of a pair may send to the second, and what this may receive.
type narrow struct{ sent, received map[pair]sets.Ports }

// narrowPorts returns what narrow peers open, for the pairs that one names.
func (f *flows) narrowPorts() narrow {
	sent, received := map[pair]sets.Ports{}, map[pair]sets.Ports{}
	for i := range f.pods {
		for _, pp := range f.sides[graph.Egress][i].narrow {
			for _, to := range f.matching(pp.peer) {
				at := pair{i, to}
				sent[at] = sent[at].Union(pp.rule.portsAt(End{Pod: f.pods[to]}))
			}
		}
		for _, pp := range f.sides[graph.Ingress][i].narrow {
			for _, from := range f.matching(pp.peer) {
				at := pair{from, i}
				received[at] = received[at].Union(pp.rule.portsAt(End{Pod: f.pods[i]}))
			}
		}
	}
	return narrow{sent, received}
}

// ports returns all that is open between a pair.
func (f *flows) ports(n narrow, at pair) sets.Ports {
	egress := n.sent[at].Union(f.wide(at.from, at.to, at.to, graph.Egress))
	ingress := n.received[at].Union(f.wide(at.to, at.from, at.to, graph.Ingress))
	return egress.Intersect(ingress)
}

// narrowPairs adds the rows of pairs that a narrow peer names.
func (f *flows) narrowPairs() {
	n := f.narrowPorts()
	for at := range n.sent {
		f.add(f.name(at.from), f.name(at.to), f.ports(n, at))
	}
	for at := range n.received {
		if _, done := n.sent[at]; !done {
			f.add(f.name(at.from), f.name(at.to), f.ports(n, at))
		}
	}
}

// wide returns the ports that wide rules, or the lack of isolation, open between a pod and another.
func (f *flows) wide(subject, peer, destination int, d graph.Directions) sets.Ports {
	side := &f.sides[d][subject]
	if !side.isolated {
		return sets.AllPorts()
	}
	var out sets.Ports
	for _, pp := range side.wide {
		if pp.peer == nil || f.matches(*pp.peer, f.pods[peer]) {
			out = out.Union(pp.rule.portsAt(End{Pod: f.pods[destination]}))
		}
	}
	return out
}

// outsideRows adds what pods may send to and receive from addresses outside of the cluster.
func (f *flows) outsideRows() {
	for _, d := range []graph.Directions{graph.Ingress, graph.Egress} {
		groups := map[string][]int{}
		found := map[string][]blockFlow{}
		for i := range f.pods {
			all := f.outsideFlows(i, d)
			var key strings.Builder
			for _, b := range all {
				key.WriteString(b.addresses.Text() + b.ports.String() + "\n")
			}
			groups[key.String()] = append(groups[key.String()], i)
			found[key.String()] = all
		}
		for key, all := range found {
			for _, name := range f.names(groups[key]) {
				for _, b := range all {
					from, to := name, f.addressName(b.addresses)
					if d == graph.Ingress {
						from, to = to, from
					}
					f.add(from, to, b.ports)
				}
			}
		}
	}
}

func (f *flows) outsideFlows(i int, d graph.Directions) []blockFlow {
	side := &f.sides[d][i]
	all := slices.Clone(side.blocks)
	if len(side.outside) > 0 {
		all = append(all, blockFlow{addresses: sets.AllAddresses(), ports: side.outside})
	}
	return joined(all)
}

// joined returns one entry for each set of addresses.
func joined(flows []blockFlow) []blockFlow {
	at := map[string]int{}
	var out []blockFlow
	for _, f := range flows {
		key := f.addresses.Text()
		i, known := at[key]
		if !known {
			at[key] = len(out)
			out = append(out, f)
			continue
		}
		out[i].ports = out[i].ports.Union(f.ports)
	}
	return out
}

// add adds a row, unless neither end is in a namespace that has policies or declared pods.
func (f *flows) add(from, to string, ports sets.Ports) {
	if len(ports) > 0 && (f.isShown(from) || f.isShown(to)) {
		f.rows = append(f.rows, Row{from, to, ports})
	}
}

func (f *flows) isShown(name string) bool {
	namespace, _, _ := strings.Cut(name, "/")
	return f.shown[namespace]
}

func (f *flows) name(i int) string {
	p := f.pods[i]
	if p.Namespace == other && p.Name == other {
		return other + "/*"
	}
	return p.Namespace + "/" + p.Name
}

// names returns the names of a class: a whole namespace where all its pods are in it, else each pod.
func (f *flows) names(class []int) []string {
	count := map[string]int{}
	for _, i := range class {
		count[f.pods[i].Namespace]++
	}
	whole := 0
	for n, c := range count {
		if c == f.size[n] {
			whole++
		}
	}
	if whole == len(f.size) {
		return []string{"*/*"}
	}
	var out []string
	for _, i := range class {
		switch n := f.pods[i].Namespace; {
		case n != other && count[n] == f.size[n]:
			out = append(out, n+"/*")
		default:
			out = append(out, f.name(i))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
