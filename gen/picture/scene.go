package picture

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/world"
)

// scene is a cluster of which nodes are drawn.
type scene struct {
	*builder
	cluster string
	// views is the cluster as it is, and then as it was.
	views []view
	// namespaces holds those that the cluster knows; governed those of them that the input is about.
	namespaces, governed map[string]bool
	at                   map[nodeKey]int
	// sets is what nodes are, where they are ends of rows.
	sets map[int]flows.Set
}

// view is a cluster that was read, and what leads the positions of what stands in it.
type view struct {
	*flows.Inquiry
	revision string
}

// nodeKey tells nodes apart. An end in no namespace is a source or a target.
type nodeKey struct {
	name     string
	isTarget bool
}

func (b *builder) scene(cluster string, views ...view) *scene {
	s := &scene{
		builder: b, cluster: cluster, views: views,
		namespaces: map[string]bool{}, governed: map[string]bool{}, at: map[nodeKey]int{}, sets: map[int]flows.Set{},
	}
	for _, v := range views {
		for name := range v.Cluster.Namespaces {
			s.namespaces[name] = true
		}
		for i := range v.Cluster.Policies {
			s.namespaces[v.Cluster.Policies[i].Namespace] = true
			s.governed[v.Cluster.Policies[i].Namespace] = true
		}
		for _, p := range v.Cluster.Pods {
			s.namespaces[p.Namespace] = true
			if !p.Implied && p.Selector == nil {
				s.governed[p.Namespace] = true
			}
		}
		if v.Graph != nil {
			for _, n := range v.Graph.Namespaces {
				s.governed[n.Name] = s.governed[n.Name] || n.Owned()
			}
		}
	}
	return s
}

// declare adds the pods that are declared, and those that policies isolate: what has no flows is closed, and shows.
func (s *scene) declare() {
	for _, v := range s.views {
		for i := range v.Cluster.Pods {
			p := &v.Cluster.Pods[i]
			if !p.Implied || s.governed[p.Namespace] && s.isolationOf(v, p) != None {
				s.node(p.Namespace+"/"+p.Name, false)
			}
		}
	}
}

// node returns the place of an end by the name that a listing prints for it.
func (s *scene) node(name string, isTarget bool) int {
	if at, known := s.known(name, isTarget); known {
		return at
	}
	namespace, short, isPods := s.split(name)
	key := nodeKey{name, isTarget && namespace == ""}
	n := Node{Cluster: s.cluster, Namespace: namespace, Name: short, Kind: Pods, Isolation: Others, IsTarget: key.isTarget}
	switch {
	case !isPods:
		n.Kind = Addresses
		if name == flows.Outside || strings.Contains(name, "internet") {
			n.Kind = Outside
		}
	case s.pod(name) != nil:
		n.Kind = Workload
	}
	if s.governed[namespace] {
		n.Isolation = s.isolation(name)
	}
	s.at[key] = len(s.Nodes)
	s.Nodes = append(s.Nodes, n)
	return s.at[key]
}

// known returns the place of an end where it is a node already.
func (s *scene) known(name string, isTarget bool) (int, bool) {
	namespace, _, _ := s.split(name)
	at, known := s.at[nodeKey{name, isTarget && namespace == ""}]
	return at, known
}

// end returns the place of an end of a row, and keeps what it is.
func (s *scene) end(name string, set flows.Set, isTarget bool) int {
	at := s.node(name, isTarget)
	s.sets[at] = set
	return at
}

// hold finds what is among what: a row that names an end holds for all that is in it.
func (s *scene) hold() {
	var places []int
	var ends []flows.Set
	for _, at := range slices.Sorted(maps.Keys(s.sets)) {
		set := s.sets[at]
		if s.Nodes[at].Kind == Pods {
			places, ends = append(places, at), append(ends, set)
			continue
		}
		for other, x := range s.sets {
			if other != at && !set.Addresses.IsEmpty() && set.Addresses.Overlaps(x.Addresses) && s.Nodes[at].IsTarget == s.Nodes[other].IsTarget {
				s.Nodes[at].Members = append(s.Nodes[at].Members, other)
			}
		}
	}
	for i, names := range flows.Members(s.views[0].Plain(), ends) {
		for _, name := range names {
			if at, drawn := s.at[nodeKey{name, false}]; drawn && at != places[i] {
				s.Nodes[places[i]].Members = append(s.Nodes[places[i]].Members, at)
			}
		}
	}
}

// split returns the namespace of an end, "" for none, what it is called there, and whether it is pods.
func (s *scene) split(name string) (namespace, short string, isPods bool) {
	if p := s.pod(name); p != nil {
		return p.Namespace, p.Name, true
	}
	for i := range name {
		if name[i] == '/' && s.namespaces[name[:i]] {
			return name[:i], name[i+1:], true
		}
	}
	prefix, rest, isQualified := strings.Cut(name, "/")
	if isQualified && graph.IsName(prefix) {
		return prefix, rest, true
	}
	return "", name, isQualified && (prefix == "*" || prefix == world.Other || strings.HasPrefix(prefix, "{"))
}

// pod returns declared pods by their name, or nil.
func (s *scene) pod(name string) *world.Pod {
	for _, v := range s.views {
		if p := v.Pod(name); p != nil && !p.Implied {
			return p
		}
	}
	return nil
}

// isolation returns what the pods of a name are isolated for, as they are now, or were where they are no longer.
func (s *scene) isolation(name string) Isolation {
	for _, v := range s.views {
		if t, ok := v.Named(name); ok && t.Pod != nil {
			return s.isolationOf(v, t.Pod)
		}
	}
	return Others
}

func (s *scene) isolationOf(v view, p *world.Pod) Isolation {
	if p.HostNetwork {
		return Host
	}
	pod, anyone := flows.End{Pod: p}, flows.End{Addr: netip.IPv4Unspecified()}
	out, in := v.Evaluator.Egress(pod, anyone).Isolated, v.Evaluator.Ingress(anyone, pod).Isolated
	switch {
	case out && in:
		return Both
	case in:
		return Ingress
	case out:
		return Egress
	}
	return None
}

// builder makes a picture.
type builder struct{ Picture }

// finish sorts all that there is, so that the picture depends on nothing but what it shows.
func (b *builder) finish() *Picture {
	order := make([]int, len(b.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		x, y := &b.Nodes[i], &b.Nodes[j]
		return cmp.Or(cmp.Compare(x.column(), y.column()), cmp.Compare(x.Cluster, y.Cluster), cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	nodes, place := make([]Node, len(order)), make([]int, len(order))
	for to, from := range order {
		nodes[to], place[from] = b.Nodes[from], to
	}
	b.Nodes = nodes
	for i := range b.Nodes {
		for j, at := range b.Nodes[i].Members {
			b.Nodes[i].Members[j] = place[at]
		}
		slices.Sort(b.Nodes[i].Members)
	}
	for i := range b.Edges {
		b.Edges[i].From, b.Edges[i].To = place[b.Edges[i].From], place[b.Edges[i].To]
	}
	slices.SortStableFunc(b.Edges, compareEdges)
	return &b.Picture
}

func compareEdges(x, y Edge) int {
	return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.State, y.State), cmp.Compare(x.Ports, y.Ports))
}
