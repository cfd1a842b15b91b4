package picture

import (
	"cmp"
	"fmt"
	"slices"
)

// mostDrawn is how many nodes may have the ports at their edges, and how many mermaid draws one by one; mostFiled is how
// many dot and SVG draw so; mostEdges is how many edges any of them has.
const mostDrawn, mostFiled, mostEdges = 25, 60, 200

// fold returns the picture as it is where it has at most so many nodes and not too many edges, else with a node for each namespace; where these
// are too many, or the edges between them, the namespaces with the fewest flows are one. Each fold has its counts.
func (p *Picture) fold(most int) *Picture {
	if len(p.Nodes) <= most && len(p.Edges) <= mostEdges {
		return p
	}
	for keep := most - 3; ; keep = keep * 3 / 4 { // two nodes more stand for what is in no namespace, and one for the rest
		if out := p.folded(keep); keep < 2 || len(out.Edges) <= mostEdges {
			return out
		}
	}
}

// folded returns the picture with at most so many nodes at the left, in the middle and at the right, together, and one more
// for the rest of each.
func (p *Picture) folded(keep int) *Picture {
	groups, of := p.groups()
	kept := keepMost(groups, keep)
	out := &Picture{Title: p.Title, IsChange: p.IsChange, Notes: slices.Clone(p.Notes)}
	at := make([]int, len(groups))
	rest := map[int]int{}
	for i, g := range groups {
		if kept[i] {
			at[i] = len(out.Nodes)
			out.Nodes = append(out.Nodes, g.Node)
			continue
		}
		r, known := rest[g.column]
		if !known {
			r = len(out.Nodes)
			rest[g.column] = r
			out.Nodes = append(out.Nodes, Node{Kind: Folded, IsTarget: g.column == 2, Isolation: Others, Inside: Counts{}})
		}
		at[i] = r
		n := &out.Nodes[r]
		n.Workloads += max(g.Workloads, 1)
		for s, c := range g.Inside {
			n.Inside[s] += c
		}
	}
	for column, r := range rest {
		n := &out.Nodes[r]
		left := 0
		for i, g := range groups {
			if !kept[i] && g.column == column {
				left++
			}
		}
		n.Name = fmt.Sprintf("%d more %s", left, []string{"sources", "namespaces", "targets"}[column])
	}
	between := map[[2]int]int{}
	for _, e := range p.Edges {
		from, to := at[of[e.From]], at[of[e.To]]
		if from == to {
			out.Nodes[from].Inside[e.State]++
			continue
		}
		i, known := between[[2]int{from, to}]
		if !known {
			i = len(out.Edges)
			between[[2]int{from, to}] = i
			out.Edges = append(out.Edges, Edge{From: from, To: to, Counts: Counts{}})
		}
		out.Edges[i].Counts[e.State]++
	}
	for i := range out.Edges {
		e := &out.Edges[i]
		e.State, e.Ports = e.Counts.State(), e.Counts.Words()
	}
	slices.SortFunc(out.Edges, compareEdges)
	for _, b := range p.Badges {
		out.Notes = append(out.Notes, b.Words())
	}
	out.Notes = append(out.Notes, fmt.Sprintf("folded: %s and %s are too many to be drawn one by one; `npgen graph --format html` has them all", counted(len(p.Nodes), "node"), counted(len(p.Edges), "edge")))
	return out
}

// group is the nodes of a namespace, or a node that is in none.
type group struct {
	Node
	column int
	flows  int
}

// groups returns the groups in the order of the picture, and that of each node.
func (p *Picture) groups() (groups []group, of []int) {
	at := map[box]int{}
	for i := range p.Nodes {
		n := p.Nodes[i]
		g := group{Node: n, column: n.column()}
		if n.Namespace == "" {
			g.Badges, g.Inside = nil, Counts{}
			of, groups = append(of, len(groups)), append(groups, g)
			continue
		}
		j, known := at[n.box()]
		if !known {
			j = len(groups)
			at[n.box()] = j
			g.Node = Node{Cluster: n.Cluster, Name: n.Namespace, Kind: Folded, Isolation: Others, Inside: Counts{}}
			groups = append(groups, g)
		}
		groups[j].Workloads++
		of = append(of, j)
	}
	for _, e := range p.Edges {
		groups[of[e.From]].flows++
		groups[of[e.To]].flows++
	}
	return groups, of
}

// keepMost marks the groups that are drawn: all, or those with the most flows.
func keepMost(groups []group, keep int) []bool {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(groups[j].flows, groups[i].flows) })
	out := make([]bool, len(groups))
	for _, i := range order[:min(len(order), max(keep, 1))] {
		out[i] = true
	}
	return out
}

// lines returns what a node shows below its name.
func (p *Picture) nodeLines(n *Node) []string {
	var out []string
	if n.Kind == Folded {
		out = append(out, counted(n.Workloads, "node"))
		if n.Inside.Sum() > 0 {
			out = append(out, n.Inside.Words()+" inside")
		}
	}
	if text := n.Isolation.Words(); text != "" {
		out = append(out, text)
	}
	return append(out, p.badges(n)...)
}
