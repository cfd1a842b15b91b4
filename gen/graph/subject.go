package graph

import "slices"

// Subject is what a policy selects: a workload, or with a nil Workload every pod of the namespace.
type Subject struct {
	Namespace *Namespace
	Workload  *Workload
}

// String returns ns/name, or ns/* for every pod.
func (s Subject) String() string {
	if s.Workload == nil {
		return s.Namespace.Name + "/*"
	}
	return s.Workload.String()
}

// Number returns the subject's place among those of its graph: by namespace, the whole of it before its workloads. It
// is 0 where Link did not make the subject, and below Graph.Numbers.
func (s Subject) Number() int {
	if s.Workload == nil {
		return s.Namespace.number
	}
	return s.Workload.number
}

// Place returns where the workload stands among those of its namespace.
func (w *Workload) Place() int { return w.number - w.Namespace.number - 1 }

// Numbers returns how many numbers of subjects there are, with 0.
func (g *Graph) Numbers() int { return len(g.subjects) }

// number gives all namespaces and workloads their numbers and peers.
func (g *Graph) number() {
	g.subjects = make([]Subject, 1, 1+len(g.Namespaces)+len(g.Workloads))
	for _, n := range g.Namespaces {
		n.number = len(g.subjects)
		n.peer = Peer{Kind: WholeNamespace, Namespace: n}
		n.peer.key = n.peer.text()
		g.subjects = append(g.subjects, Subject{Namespace: n})
		for _, w := range n.Workloads {
			w.number = len(g.subjects)
			w.peer = Peer{Namespace: n, Workload: w, declared: portsOf(w.Ports)}
			g.subjects = append(g.subjects, Subject{n, w})
		}
		n.subjects = [2][]Subject{g.subjectsOf(n, Ingress), g.subjectsOf(n, Egress)}
	}
}

// subjectsOf returns the subjects for all pods of a namespace: itself, else its isolated workloads.
func (g *Graph) subjectsOf(n *Namespace, d Directions) []Subject {
	if n.DeniesAll(d) {
		return g.subjects[n.number:][:1:1]
	}
	workloads := slices.Clip(g.subjects[n.number+1:])
	if !slices.ContainsFunc(workloads, func(s Subject) bool { return !s.Workload.Isolated(d) }) {
		return workloads
	}
	var isolated []Subject
	for _, s := range workloads {
		if s.Workload.Isolated(d) {
			isolated = append(isolated, s)
		}
	}
	return isolated
}

// Subjects returns what policies of direction d must select so that they govern every isolated pod of the peer, and no
// pod that is not isolated: the whole namespace where its default deny covers it, else its isolated workloads. Peers
// share the slice.
func (g *Graph) Subjects(p *Peer, d Directions) []Subject {
	switch {
	case p.Workload != nil:
		if p.Workload.Isolated(d) {
			return g.subjects[p.Workload.number:][:1:1]
		}
	case p.Kind == WholeNamespace:
		return p.Namespace.subjects[d-1]
	case p.Kind == AllNamespaces:
		var out []Subject
		for _, n := range g.Namespaces {
			if n.Owned() && p.Package.Owns(n.Name) {
				out = append(out, n.subjects[d-1]...)
			}
		}
		return out
	}
	return nil
}
