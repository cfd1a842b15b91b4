// Package check finds what is wrong with a talk graph as a whole: one rule, one file.
//
// In: a linked graph. Out: findings, each at the user's position. It refuses nothing itself: an error finding does.
// Rules that reason from the absence of an edge run only where every edge resolved.
package check

import (
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

// Graph returns the findings of every rule.
func Graph(g *graph.Graph) (out diag.List) {
	h := newHalves(g)
	wider := h.wider()
	if !oneTarget(g, &out) {
		return out
	}
	neverMatches(h, &out)
	targetFits(g, &out)
	ciliumSays(h, &out)
	knownLabels(h, &out)
	isolateNarrowed(g, &out)
	h.selectorOverlap(g, wider, &out)
	dnsNeeded(g, wider, &out)
	clusterRange(g, &out)
	cniDiffers(g, &out)
	forbiddenFlow(h, &out)
	defer h.resting.Report(&out)
	if !g.Complete {
		return out
	}
	listedNamespace(g, &out)
	dnsClosed(h, &out)
	dnsMissing(h, &out)
	halfDead(h, &out)
	halfOpen(h, &out)
	notGranted(h, &out)
	noEffect(h, &out)
	return out
}

// names returns how the package that wrote an edge names a peer.
func name(e *graph.Edge, p *graph.Peer) string {
	if p.Namespace != nil && p.Namespace.Name == e.Package.Namespace.Value {
		return p.NameIn(p.Namespace)
	}
	return p.NameIn(nil)
}

// text returns an edge as the package that wrote it would.
func text(e *graph.Edge) string {
	return name(e, e.From) + " -> " + name(e, e.To) + ":" + e.Ports.String()
}
