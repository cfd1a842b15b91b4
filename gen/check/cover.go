package check

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// part is a piece of what a peer denotes: everyone, pods by two selectors, or a range of addresses.
type part struct {
	everyone         bool
	namespaces, pods *metav1.LabelSelector
	block            *graph.Block
}

// partsOf returns all that a peer denotes. A peer that denotes nothing, such as an external without addresses, has no
// parts.
func partsOf(p *graph.Peer) []part {
	var out []part
	switch {
	case p.Kind == graph.Any:
		return []part{{everyone: true}}
	case p.Workload != nil:
		return []part{{namespaces: p.Namespace.LabelSelector(), pods: &p.Workload.Selector}}
	case p.Kind == graph.WholeNamespace:
		return []part{{namespaces: p.Namespace.LabelSelector(), pods: &metav1.LabelSelector{}}}
	case p.Kind == graph.AllNamespaces:
		return []part{{namespaces: &metav1.LabelSelector{}, pods: &metav1.LabelSelector{}}}
	case p.Kind == graph.DNS && p.DNS.HasPods():
		pods, namespace := p.DNS.PodSelector(), graph.Namespace{Name: p.DNS.Namespace}
		out = append(out, part{namespaces: namespace.LabelSelector(), pods: &pods})
	}
	for i := range p.Blocks {
		out = append(out, part{block: &p.Blocks[i]})
	}
	return out
}

// subjectPart returns the pods that policies for a subject select.
func subjectPart(s graph.Subject) part {
	if s.Workload != nil {
		return part{namespaces: s.Namespace.LabelSelector(), pods: &s.Workload.Selector}
	}
	return part{namespaces: s.Namespace.LabelSelector(), pods: &metav1.LabelSelector{}}
}

// covers reports whether all of a part is among these, whatever labels pods and namespaces have. Addresses never stand
// for pods, nor pods for addresses: which of them a pod has, nobody knows here.
func covers(parts []part, x part) bool {
	var blocks []graph.Block
	for _, p := range parts {
		switch {
		case p.everyone:
			return true
		case p.block != nil:
			blocks = append(blocks, *p.block)
		case x.pods != nil && graph.Covers(*p.namespaces, *x.namespaces) && graph.Covers(*p.pods, *x.pods):
			return true
		}
	}
	return x.block != nil && len(blocks) > 0 && within(*x.block, blocks)
}

// within reports whether every address of a block is in others.
func within(block graph.Block, others []graph.Block) bool {
	rest := addresses(block)
	for _, o := range others {
		rest = rest.Minus(addresses(o))
	}
	return rest.IsEmpty()
}

func addresses(block graph.Block) sets.Addresses {
	return sets.AddressesOf([]netip.Prefix{block.CIDR}, block.Except)
}
