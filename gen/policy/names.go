package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
)

// name is what a subject or a peer is called in the names of objects.
type name struct {
	text string
	// identity is what a hash is taken of: equal for names that must be equal.
	identity string
	hashed   bool
}

// objectName makes the name of an object. Whether it ends in a hash depends on its own parts alone, so that no other
// edge ever renames it.
func objectName(a name, infix string, b name) string {
	text := a.text + infix + b.text
	if !a.hashed && !b.hashed && len(text) <= validation.DNS1123SubdomainMaxLength {
		return text
	}
	sum := sha256.Sum256([]byte(a.identity + infix + b.identity))
	hash := "-" + hex.EncodeToString(sum[:])[:hashLength]
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
	if !strings.Contains(s, "-allow-") {
		return strings.Contains(s, "default-deny")
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
	case p.External != nil && !p.External.Name.IsSet():
		n.text, n.hashed = hostName(p.External.Hosts[0]), true
	case p.External != nil:
		n.text, n.hashed = p.External.Name.Value, ambiguous(p.External.Name.Value)
	case p.Kind == graph.WholeNamespace:
		n.text = "all"
	case p.Kind == graph.AllNamespaces:
		n.text = "all-namespaces"
	case p.Kind == graph.CIDR:
		n.text = strings.Map(dash, p.Blocks[0].CIDR.String())
	default:
		n.text = n.identity
	}
	if p.Namespace != nil && p.Namespace != ns {
		n.text = p.Namespace.Name + "." + n.text
	}
	return n
}

// hostName returns what hosts are called that have no name; a hash tells them apart.
func hostName(h graph.Host) string {
	text := strings.Replace(strings.Replace(string(h), "**.", "all-", 1), "*.", "any-", 1)
	return strings.Map(dash, text)
}

func dash(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

// edgeName returns the name of the object of one edge and side.
func edgeName(s graph.Subject, subject, other *graph.Peer, d graph.Directions) string {
	infix := "-allow-from-"
	if d == graph.Egress {
		infix = "-allow-egress-to-"
	}
	own := subjectName(s)
	if s.Workload == nil && subject.Kind == graph.AllNamespaces {
		own = peerName(subject, s.Namespace)
	}
	return objectName(own, infix, peerName(other, s.Namespace))
}

func subjectName(s graph.Subject) name {
	p := &graph.Peer{Kind: graph.WholeNamespace, Namespace: s.Namespace, Workload: s.Workload}
	if s.Workload != nil {
		p.Kind = graph.Named
	}
	return peerName(p, s.Namespace)
}

func dnsName(s graph.Subject) string {
	return objectName(subjectName(s), "-allow-dns", name{})
}

func workloadName(s graph.Subject, d graph.Directions) string {
	return objectName(subjectName(s), "-allow-"+d.String(), name{})
}

func denyName(workload string, d graph.Directions) string {
	if workload == "" {
		return "default-deny-" + d.String()
	}
	own := name{text: workload, identity: workload, hashed: ambiguous(workload)}
	return objectName(own, "-default-deny-"+d.String(), name{})
}
