package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
)

// name is an object's name while it is put together. Whether it ends in a hash depends on its own parts alone, so that
// no other edge ever renames it.
type name struct {
	text string
	// identity is what the hash is taken of: equal for names that must be equal.
	identity string
	hashed   bool
}

func (n name) String() string {
	if !n.hashed && len(n.text) <= validation.DNS1123SubdomainMaxLength {
		return n.text
	}
	sum := sha256.Sum256([]byte(n.identity))
	hash := "-" + hex.EncodeToString(sum[:])[:hashLength]
	text := n.text
	if cut := validation.DNS1123SubdomainMaxLength - len(hash); len(text) > cut {
		text = strings.TrimRight(text[:cut], "-.")
	}
	return text + hash
}

const hashLength = 8

// dashedCIDR is what an address range looks like in a name: IPv4, all of IPv6, IPv6 with `::`.
var dashedCIDR = regexp.MustCompile(`^([0-9]+-){4}[0-9]+$|^([0-9a-f]+-){8}[0-9]+$|^[0-9a-f][0-9a-f-]*--[0-9a-f-]*[0-9]$`)

// looksDashed reports whether dashedCIDR is worth a look: all of its forms have that many dashes.
func looksDashed(s string) bool { return strings.Count(s, "-") >= 4 || strings.Contains(s, "--") }

// ambiguous reports whether the name of a workload or external could be read as another part of an object's name, also
// together with the dash that follows it: x-allow-from, allowed from b, would be x, allowed from allow-from-b.
func ambiguous(s string) bool {
	if s == "all" || s == "all-namespaces" || looksDashed(s) && dashedCIDR.MatchString(s) {
		return true
	}
	for _, part := range []string{"-allow-from-", "-allow-egress-to-", "-allow-dns", "default-deny"} {
		if strings.Contains(s+"-", part) {
			return true
		}
	}
	return false
}

// peerName returns what a peer is called in the names of objects of a namespace.
func peerName(p *graph.Peer, ns *graph.Namespace) name {
	n := name{identity: p.NameIn(nil)}
	switch {
	case p.Workload != nil:
		n.text, n.hashed = p.Workload.Name, ambiguous(p.Workload.Name)
	case p.External != nil:
		n.text, n.hashed = p.External.Name.Value, ambiguous(p.External.Name.Value)
	case p.Kind == graph.WholeNamespace:
		n.text = "all"
	case p.Kind == graph.AllNamespaces:
		n.text = "all-namespaces"
	case p.Kind == graph.CIDR:
		n.text = strings.Map(dash, p.Blocks[0].CIDR.String())
	default:
		n.text = p.NameIn(nil)
	}
	if p.Namespace != nil && p.Namespace != ns {
		n.text = p.Namespace.Name + "." + n.text
	}
	return n
}

func dash(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

// subjectName returns what a subject is called, given the end of the edge that it comes from.
func subjectName(s graph.Subject, end *graph.Peer) name {
	if s.Workload == nil && end.Kind == graph.AllNamespaces {
		return peerName(end, s.Namespace)
	}
	return subjectPeerName(s)
}

func subjectPeerName(s graph.Subject) name {
	p := &graph.Peer{Kind: graph.WholeNamespace, Namespace: s.Namespace, Workload: s.Workload}
	if s.Workload != nil {
		p.Kind = graph.Named
	}
	return peerName(p, s.Namespace)
}

// join makes the name of an object that names two peers.
func join(a name, infix string, b name) name {
	return name{text: a.text + infix + b.text, identity: a.identity + infix + b.identity, hashed: a.hashed || b.hashed}
}

// with makes the name of an object that names one peer.
func (n name) with(suffix string) string {
	return join(n, suffix, name{}).String()
}

func edgeName(s graph.Subject, subject, other *graph.Peer, d graph.Directions) string {
	infix := "-allow-from-"
	if d == graph.Egress {
		infix = "-allow-egress-to-"
	}
	return join(subjectName(s, subject), infix, peerName(other, s.Namespace)).String()
}

func workloadName(s graph.Subject, d graph.Directions) string {
	return subjectPeerName(s).with("-allow-" + d.String())
}

func denyName(workload string, d graph.Directions) string {
	if workload == "" {
		return "default-deny-" + d.String()
	}
	return name{text: workload, identity: workload, hashed: ambiguous(workload)}.with("-default-deny-" + d.String())
}
