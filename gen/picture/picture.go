// Package picture draws who may talk to whom, and what a change opens and closes.
//
// In: the listing of a cluster or the comparison of two, as `npgen list` and `npgen diff` show them, and the cluster, made
// ready for questions. Out: mermaid for READMEs and comments, dot, SVG, and a page of HTML that works offline. What is
// folded is counted, and what the listing or the comparison could not say stands in the picture. It refuses more flows than
// a page can hold.
package picture

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Format is a form in which a picture is written.
type Format string

// Formats returns the formats of a picture, the default first.
func Formats() []Format { return []Format{"mermaid", "dot", "svg", "html"} }

// Picture is what is drawn. Nodes, edges and notes are in an order that depends on nothing but what they are.
type Picture struct {
	// Title says what the picture is of: all flows, or a change.
	Title string
	// IsChange is set where the edges are what a change opens and closes.
	IsChange bool
	Nodes    []Node
	Edges    []Edge
	// Badges says what each badge of the nodes stands for, in one line.
	Badges []Badge
	// Notes is what the picture is not able to show, and what it rests on.
	Notes []string
}

// Node is one end of flows.
type Node struct {
	// Cluster is "" where there is one; Namespace is "" for what is in none. Name is what the node is called in it.
	Cluster, Namespace, Name string
	Kind                     Kind
	// IsTarget is set for what is in no namespace and stands at the right edge.
	IsTarget  bool
	Isolation Isolation
	// Badges are the places in Picture.Badges.
	Badges []int
	// Members are the places of nodes of which some pods or addresses may be among those of this one, too.
	Members []int
	// Workloads is how many nodes a folded one stands for, Inside the edges among these.
	Workloads int
	Inside    Counts
}

// Kind is what a node stands for.
type Kind string

// The kinds. What is in no namespace is a source or a target: it stands at the left or the right edge.
const (
	// Workload is declared pods, Pods others that policies speak of.
	Workload Kind = "workload"
	Pods     Kind = "pods"
	// Addresses are outside of the cluster, and Outside any of them or the internet.
	Addresses Kind = "addresses"
	Outside   Kind = "outside"
	// Folded is a namespace, or several.
	Folded Kind = "folded"
)

// Isolation says what policies of the input isolate pods for.
type Isolation string

// The isolations. Others is said of what the input does not govern: addresses, and namespaces of others.
const (
	Others  Isolation = "others"
	Both    Isolation = "both"
	Ingress Isolation = "ingress"
	Egress  Isolation = "egress"
	None    Isolation = "none"
	// Host is pods on the host network: no policy governs them.
	Host Isolation = "host"
)

// Words returns what an isolation leaves open, as people read it; "" for nothing.
func (i Isolation) Words() string {
	return map[Isolation]string{
		Ingress: "egress open", Egress: "ingress open", None: "not isolated", Host: "host network, not governed",
	}[i]
}

// State is what a change does to an edge.
type State string

// The states.
const (
	Same   State = "same"
	Opened State = "opened"
	Closed State = "closed"
	// Widened has other ports or addresses than before, and some that were closed. Changed only lost some.
	Widened State = "widened"
	Changed State = "changed"
	// HalfOpen is no flow: a package opens one half of it, and the other is up to others.
	HalfOpen State = "half"
)

// Words returns a state as people read it.
func (s State) Words() string {
	switch s {
	case Widened:
		return "changed, opening more"
	case HalfOpen:
		return "half open"
	}
	return string(s)
}

// color is what an edge of a state is drawn in.
func (s State) color() string {
	switch s {
	case Opened:
		return "#1a7f37"
	case Closed:
		return "#cf222e"
	case Widened, Changed:
		return "#9a6700"
	}
	return "#57606a"
}

// Edge is flows from one node to another.
type Edge struct {
	// From and To are places in Picture.Nodes.
	From, To int
	State    State
	// Ports is in words; for a change it says those before and after.
	Ports string
	// Half names the half that a package opens of an edge written with `half`, "" for both.
	Half string
	// Notes is what else is said of the edge: exceptions, an example, that the rest is up to others.
	Notes []string
	// Undeclared is set where no declared pods are concerned.
	Undeclared bool
	// Causes is the rules of policies and the lines of packages that open it; for what is closed, those that did.
	Causes []Cause
	// Counts is how many edges a folded one stands for.
	Counts Counts
}

// isChange reports whether an edge is one of a change.
func (e *Edge) isChange() bool { return e.State != Same && e.State != HalfOpen }

// Cause is a rule of a policy or a line of a package, and where it stands. Object is the policy or the pod that Text speaks
// of, "" for a line of a package.
type Cause struct {
	At           diag.Pos
	Object, Text string
}

// Words says a cause in one line.
func (c Cause) Words() string {
	out := c.Text
	if c.Object != "" {
		out = c.Object + ": " + out
	}
	if c.At.IsValid() {
		out = c.At.String() + ": " + out
	}
	return out
}

// Badge is flows that many nodes have with the same other end. They are no edges.
type Badge struct {
	// Text is what stands at the node.
	Text string
	// End is the other end, as `npgen list` prints it, and Ports the ports. IsSource is set where the flows come from it.
	End, Ports string
	IsSource   bool
	// Nodes counts the nodes that have it.
	Nodes int
}

// Words says what a badge stands for.
func (b Badge) Words() string {
	arrow := "to"
	if b.IsSource {
		arrow = "from"
	}
	return fmt.Sprintf("%s: %s %s on %s, %s", b.Text, arrow, b.End, b.Ports, counted(b.Nodes, "node"))
}

// Counts is how many edges there are of each state.
type Counts map[State]int

// Sum returns how many there are.
func (c Counts) Sum() int {
	sum := 0
	for _, n := range c {
		sum += n
	}
	return sum
}

// Words says how many there are: "12 flows", "2 opened, 1 closed".
func (c Counts) Words() string {
	var out []string
	for _, s := range []State{Opened, Widened, Closed, Changed} {
		if n := c[s]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, s.Words()))
		}
	}
	if n := c[Same]; n > 0 || len(out) == 0 && c[HalfOpen] == 0 {
		out = append(out, counted(n, "flow"))
	}
	if n := c[HalfOpen]; n > 0 {
		out = append(out, fmt.Sprintf("%d half open", n))
	}
	return strings.Join(out, ", ")
}

// State returns what a fold of edges is drawn as: what opens is never hidden by the rest.
func (c Counts) State() State {
	for _, s := range []State{Opened, Closed, Changed, HalfOpen} {
		if c[s] > 0 && c[s] == c.Sum() {
			return s
		}
	}
	switch {
	case c[Opened]+c[Widened] > 0:
		return Widened
	case c[Closed]+c[Changed] > 0:
		return Changed
	}
	return Same
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// column orders what is in no namespace before the rest, and behind it.
func (n *Node) column() int {
	switch {
	case n.IsTarget:
		return 2
	case n.Namespace == "" && n.Kind != Folded:
		return 0
	}
	return 1
}

// Summary says how much there is.
func (p *Picture) Summary() string {
	workloads, counts := 0, Counts{}
	for _, n := range p.Nodes {
		if n.Kind == Workload {
			workloads++
		}
	}
	for _, e := range p.Edges {
		counts[e.State]++
	}
	if p.IsChange {
		if counts.Sum() == 0 {
			return "no flow opens, closes or changes"
		}
		return counts.Words()
	}
	out, pinned := counted(workloads, "workload")+", "+counts.Words(), 0
	for _, b := range p.Badges {
		pinned += b.Nodes
	}
	if pinned > 0 {
		out += fmt.Sprintf(", %d more as badges", pinned)
	}
	return out
}

// lines returns what stands beside the nodes and edges: badges, and then notes.
func (p *Picture) lines() []string {
	var out []string
	for _, b := range p.Badges {
		out = append(out, b.Words())
	}
	return append(out, p.Notes...)
}

// badges returns the texts of the badges of a node.
func (p *Picture) badges(n *Node) []string {
	var out []string
	for _, i := range n.Badges {
		out = append(out, p.Badges[i].Text)
	}
	return out
}

// box is where a node belongs: a namespace of a cluster.
type box struct{ cluster, namespace string }

// words names a box.
func (b box) words() string {
	if b.cluster == "" {
		return b.namespace
	}
	return b.cluster + ": " + b.namespace
}

func (n *Node) box() box { return box{n.Cluster, n.Namespace} }

// label names a node beside those of its box.
func (n *Node) label() string {
	if n.Namespace != "" || n.Cluster == "" {
		return n.Name
	}
	return n.Cluster + ": " + n.Name
}

// title names a node alone.
func (n *Node) title() string {
	if n.Namespace == "" {
		return n.label()
	}
	return n.box().words() + "/" + n.Name
}

// boxes returns the namespaces that have nodes, in order. Where there is only one, a box around it says nothing.
func (p *Picture) boxes() []box {
	var out []box
	for i := range p.Nodes {
		if n := &p.Nodes[i]; n.Namespace != "" && !slices.Contains(out, n.box()) {
			out = append(out, n.box())
		}
	}
	return out
}

// Write writes the picture in one of Formats.
func (p *Picture) Write(w io.Writer, format Format) error {
	switch format {
	case "mermaid":
		return p.mermaid(w)
	case "dot":
		return p.dot(w)
	case "svg":
		return p.svg(w)
	case "html":
		return p.page(w)
	}
	return fmt.Errorf("unknown format `%s`; the formats are mermaid, dot, svg and html", format)
}
