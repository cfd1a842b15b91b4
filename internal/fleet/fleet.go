// Package fleet makes the graphs that npgen is measured on.
//
// In: how many workloads and edges. Out: the same fleet on every machine, as a policy package in each shape that users
// write (see CUE), and as plain data for other generators (see Data). It refuses sizes that have no room for the edges.
//
// The make-up follows what teams write: most flows stay in a namespace, a few workloads are called by many, some speak
// to addresses outside, and one of them asks every namespace for its metrics. No finding is to be had from it.
package fleet

import (
	"fmt"
	"math/rand/v2"
)

// Fleet is a graph as data.
type Fleet struct {
	Namespaces []string
	Workloads  []Workload
	Externals  []External
	Edges      []Edge
	// forbid is guardrails as CUE; nil for the usual ones.
	forbid []string
}

// Workload is one workload; Labels is nil where the default, app=<name>, selects its pods.
type Workload struct {
	Namespace, Name string
	Labels          map[string]string
	Ports           []Port
}

// Port is a named port of a pod.
type Port struct {
	Name   string
	Number int
	UDP    bool
}

// External is a named set of addresses outside of the cluster.
type External struct {
	Name  string
	CIDRs []string
	Port  int
}

// Edge is one edge; the ends of no two are equal.
type Edge struct {
	From, To End
	// Ports is what the edge opens. Implied says that these are all ports which the target declares, so that the edge
	// does not name them.
	Ports   []Port
	Implied bool
	Why     string
}

// End is one end of an edge: an index of Workloads or of Externals, a whole namespace, a range, or the internet.
type End struct {
	Workload, External int // -1 for none
	// Namespace stands for all of its pods.
	Namespace string
	CIDR      string
	Internet  bool
}

const (
	namespaces = 50
	externals  = 20
	// metrics is the port that the whole-namespace edges open.
	metrics = 9100
)

// New makes a fleet; sizes below 100 workloads, or with more than a tenth of all pairs as edges, have no room.
func New(workloads, edges int) (*Fleet, error) {
	if workloads < 2*namespaces || edges < 5*namespaces || edges > workloads*workloads/10 {
		return nil, fmt.Errorf("no fleet of %d workloads and %d edges: at least %d and %d, and at most a tenth of all pairs", workloads, edges, 2*namespaces, 5*namespaces)
	}
	m := &maker{Rand: rand.New(rand.NewPCG(uint64(workloads), uint64(edges))), fleet: &Fleet{}, seen: map[[2]End]bool{}}
	m.declare(workloads)
	m.connect(edges)
	return m.fleet, nil
}

type maker struct {
	*rand.Rand
	fleet *Fleet
	seen  map[[2]End]bool
}

// declare makes the namespaces, workloads and externals.
func (m *maker) declare(workloads int) {
	f := m.fleet
	for i := range namespaces {
		f.Namespaces = append(f.Namespaces, fmt.Sprintf("team-%02d", i))
	}
	roles := []string{"api", "web", "worker", "cache", "gateway", "indexer", "mailer", "ledger", "search", "session"}
	for i := range workloads {
		role := roles[m.IntN(len(roles))]
		w := Workload{Namespace: f.Namespaces[i%namespaces], Name: fmt.Sprintf("%s-%d", role, i/namespaces), Ports: m.ports()}
		if m.chance(15) {
			w.Labels = map[string]string{"app.kubernetes.io/name": w.Name, "app.kubernetes.io/component": role}
		}
		f.Workloads = append(f.Workloads, w)
	}
	f.Workloads[0].Name, f.Workloads[0].Labels = "prometheus", nil
	for i := range externals {
		x := External{Name: fmt.Sprintf("provider-%d", i), Port: 443}
		for j := range 1 + i%3 {
			x.CIDRs = append(x.CIDRs, fmt.Sprintf("198.51.%d.%d/28", 100+j, 16*(i%16)))
		}
		f.Externals = append(f.Externals, x)
	}
	f.Externals[0] = External{Name: "load-balancers", CIDRs: []string{"192.0.2.0/25"}, Port: 443}
}

// ports returns what a pod listens on.
func (m *maker) ports() []Port {
	http, grpc := Port{Name: "http", Number: 8080}, Port{Name: "grpc", Number: 9090}
	switch n := m.IntN(100); {
	case n < 65:
		return []Port{http}
	case n < 85:
		return []Port{http, grpc}
	case n < 95:
		return []Port{{Name: "sql", Number: 5432}}
	}
	return []Port{http, {Name: "statsd", Number: 8125, UDP: true}}
}

// connect makes the edges: first the one into each namespace for its metrics, then random ones.
func (m *maker) connect(edges int) {
	f := m.fleet
	for _, ns := range f.Namespaces {
		to := nobody()
		to.Namespace = ns
		m.add(Edge{From: workload(0), To: to, Ports: []Port{{Number: metrics}}})
	}
	for len(f.Edges) < edges {
		m.add(m.edge())
	}
}

// edge makes one edge.
func (m *maker) edge() Edge {
	f := m.fleet
	from := m.IntN(len(f.Workloads))
	e := Edge{From: workload(from)}
	if m.chance(2) {
		e.Why = fmt.Sprintf("see the review of ticket %d", m.IntN(10_000))
	}
	https := []Port{{Number: 443}}
	switch n := m.IntN(100); {
	case n < 1:
		e.To, e.Ports = nobody(), https
		e.To.Internet = true
	case n < 2:
		e.From, e.To, e.Ports = nobody(), workload(from), f.Workloads[from].Ports
		e.From.External, e.Implied = 0, true
	case n < 4:
		e.To, e.Ports = nobody(), https
		e.To.CIDR = fmt.Sprintf("203.0.113.%d/30", 4*m.IntN(64))
	case n < 8:
		e.To, e.Ports, e.Implied = nobody(), https, true
		e.To.External = 1 + m.IntN(externals-1)
	case n < 80:
		m.to(&e, from%namespaces+namespaces*m.popular(len(f.Workloads)/namespaces))
	default:
		m.to(&e, m.popular(len(f.Workloads)))
	}
	return e
}

// to ends the edge at a workload, with all of its ports or one of them.
func (m *maker) to(e *Edge, i int) {
	ports := m.fleet.Workloads[i].Ports
	e.To, e.Ports, e.Implied = workload(i), ports, true
	if m.chance(40) {
		one := m.IntN(len(ports))
		e.Ports, e.Implied = ports[one:one+1], false
	}
}

// popular returns a number below n, low ones more often.
func (m *maker) popular(n int) int {
	x := m.Float64()
	return int(x * x * float64(n))
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// add adds an edge, unless one has the same ends or it leads to itself.
func (m *maker) add(e Edge) {
	key := [2]End{e.From, e.To}
	if e.From == e.To || m.seen[key] {
		return
	}
	m.seen[key] = true
	m.fleet.Edges = append(m.fleet.Edges, e)
}

func nobody() End { return End{Workload: -1, External: -1} }

func workload(i int) End { return End{Workload: i, External: -1} }
