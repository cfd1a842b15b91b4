package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// listedNamespace finds namespaces that are owned only because an entry lists them, and of which nothing is declared:
// who lists one to name it in an edge wants a peer, and closes all of it.
func listedNamespace(g *graph.Graph, out *diag.List) {
	for _, n := range g.Namespaces {
		closed := closes(n)
		if closed == 0 || len(n.Workloads) > 0 || !ownedByListing(g, n.Name) {
			continue
		}
		directions := closed.String()
		if closed == graph.Both {
			directions = "ingress and egress"
		}
		out.Warnf(diag.ListedNamespace, n.Pos, "namespace `%s` is owned just by being listed and has no workload: this closes %s of every pod there, but for what edges with `%s/*` open", n.Name, directions, n.Name).
			WithHelp("write `\"%s\": owned: false` where it is only a peer, or `owned: true` to close it", n.Name)
	}
}

// closes returns the directions in which all pods of a namespace are isolated.
func closes(n *graph.Namespace) (out graph.Directions) {
	for _, d := range graph.AllDirections() {
		if n.DeniesAll(d) {
			out |= d
		}
	}
	return out
}

// ownedByListing reports whether no owner of a namespace says that it is one: by `namespace`, `owned`, or what only an
// owner may say.
func ownedByListing(g *graph.Graph, namespace string) bool {
	for _, p := range g.Packages {
		if p.Namespace.Value == namespace {
			return false
		}
		for _, d := range p.Namespaces {
			if d.Name.Value == namespace && (d.Owned.Is(true) || d.Isolate.Set || d.Deny.IsSet()) {
				return false
			}
		}
	}
	return true
}
