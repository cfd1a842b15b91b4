package graph

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/npgen/npgen/gen/diag"
)

// Cluster is the field `cluster`: which one the package describes, and what is known of it. No policy depends on it but by
// the peer `nodes`.
type Cluster struct {
	// Name is not set where the package names none. Packages of different names are graphs of their own.
	Name Text
	// CNI is the network plugin, Profile what the schema says of it; nil where none is given.
	CNI     Text
	Profile *CNI
	// Pods, Services and Nodes are the addresses of these.
	Pods, Services, Nodes Ranges
}

// Ranges is a list of address ranges, empty where it is not given.
type Ranges struct {
	Prefixes []Prefix
	Pos      diag.Pos
}

// IsSet reports whether the user wrote the list.
func (r Ranges) IsSet() bool { return len(r.Prefixes) > 0 }

// Around returns the first range that holds all of another, if one does.
func (r Ranges) Around(p netip.Prefix) (Prefix, bool) {
	i := slices.IndexFunc(r.Prefixes, func(q Prefix) bool { return contains(q.Prefix, p) })
	if i < 0 {
		return Prefix{}, false
	}
	return r.Prefixes[i], true
}

func (r Ranges) text() string { return fmt.Sprint(sortedPrefixes(prefixes(r.Prefixes))) }

// Does says whether a network plugin does something.
type Does string

// The answers; where nothing is known it is none of them. Option is that a setting of the plugin decides.
const (
	Yes    Does = "yes"
	No     Does = "no"
	Option Does = "option"
)

// CNI is what is known of a network plugin: an entry of #CNIProfiles in the schema, which has the sources.
type CNI struct {
	// Platform is the cloud whose clusters have it: aws, azure, gcp or "".
	Platform string `json:"platform"`
	// IPBlock is whether an address range of a policy matches these.
	IPBlock struct {
		Pods      Does `json:"pods"`
		Nodes     Does `json:"nodes"`
		APIServer Does `json:"apiserver"`
		Services  Does `json:"services"`
	} `json:"ipBlock"`
	EndPort Does `json:"endPort"`
	SCTP    Does `json:"sctp"`
	// BarePods is No where policies do not govern pods that no controller made.
	BarePods Does `json:"barePods"`
	// MostPorts is how many ports the rules for one peer may have; 0 is not known.
	MostPorts int `json:"mostPorts"`
	// ServicePort is Yes where the port of a Service has to be that of its pods.
	ServicePort Does `json:"servicePort"`
}

// nodesName is the built-in peer that there is where the nodes' addresses are known.
const nodesName = "nodes"

// IsReserved reports whether a name is that of a built-in peer of the graph, which nothing else may be called.
func (g *Graph) IsReserved(name string) bool {
	return IsBuiltin(name) || name == nodesName && g.Cluster.Nodes.IsSet()
}

// linkCluster makes one Cluster of what the packages say of it.
func (l *linker) linkCluster() {
	of := &l.g.Cluster
	said := map[string]Text{} // what was said first of each field
	agree := func(field, value string, pos diag.Pos) (isFirst bool) {
		first, known := said[field]
		switch {
		case !known:
			said[field] = Text{value, pos}
		case first.Value != value:
			l.findings.Errorf(diag.PackageConflict, pos, "the packages disagree on `cluster: %s`: `%s` here, `%s` elsewhere", field, value, first.Value).
				WithHelp("write the same in both packages; those of different clusters say so with `cluster: name: \"...\"`").
				WithRelated(first.Pos, "the other package")
		}
		return !known
	}
	for _, p := range l.g.Packages {
		c := &p.Cluster
		if of.Name.Value == "" {
			of.Name = c.Name
		}
		if c.CNI.IsSet() && agree("cni", c.CNI.Value, c.CNI.Pos) {
			of.CNI, of.Profile = c.CNI, c.Profile
		}
		for _, r := range []struct {
			field     string
			all, ours *Ranges
		}{{"pods", &of.Pods, &c.Pods}, {"services", &of.Services, &c.Services}, {nodesName, &of.Nodes, &c.Nodes}} {
			if r.ours.IsSet() && agree(r.field, r.ours.text(), r.ours.Pos) {
				*r.all = *r.ours
			}
		}
	}
	if of.Profile == nil {
		of.Profile = &CNI{}
	}
}

// Opens reports whether the field holds an address and a port.
func (d *APIServerDecl) Opens(a netip.Addr, port Port) bool {
	return slices.ContainsFunc(d.CIDRs, func(p Prefix) bool { return p.Contains(a) }) &&
		slices.ContainsFunc(d.Ports, func(p Port) bool { return p.Protocol == port.Protocol && p.Lo <= port.Lo && port.Hi <= p.Hi })
}

// FirstAddress returns the address of a range of Services that the Service `kubernetes` has, its first (Kubernetes, Service
// ClusterIP allocation).
func FirstAddress(p netip.Prefix) netip.Addr { return p.Masked().Addr().Next() }

// WrittenRange is an address range of an edge of which policies come, and the first such edge.
type WrittenRange struct {
	Prefix
	Edge *Edge
}

// Ranges returns the ranges that edges name and those of their externals, where policies come of them, each place once.
func (g *Graph) Ranges() []WrittenRange {
	type place struct {
		prefix netip.Prefix
		pos    diag.Pos
	}
	var out []WrittenRange
	seen := map[place]bool{}
	for _, e := range g.Edges {
		for _, d := range AllDirections() {
			if !g.Emits(e, d) {
				continue
			}
			var ranges []Prefix
			switch _, p := e.End(d); {
			case p.External != nil:
				ranges = p.External.CIDRs
			case p.Kind == CIDR:
				ranges = []Prefix{{Prefix: p.Blocks[0].CIDR, Pos: e.Decl.Pos}}
			}
			for _, r := range ranges {
				if at := (place{r.Prefix, r.Pos}); !seen[at] {
					seen[at] = true
					out = append(out, WrittenRange{r, e})
				}
			}
		}
	}
	return out
}

// Emits reports whether a policy of a direction comes of an edge.
func (g *Graph) Emits(e *Edge, d Directions) bool {
	subject, _ := e.End(d)
	return e.Emits(d) && len(g.Subjects(subject, d)) > 0
}
