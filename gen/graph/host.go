package graph

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Host is the name of a host outside of the cluster: `api.example.com`, `*.example.com` for the names one level below
// example.com, `**.example.com` for those on all levels. Neither of the two is example.com itself.
type Host string

// IsPattern reports whether it stands for many names.
func (h Host) IsPattern() bool { return strings.HasPrefix(string(h), "*") }

// String returns the external as an edge calls it: by its name, or by its hosts where they stand in the edge.
func (x *External) String() string {
	if x.Name.IsSet() {
		return x.Name.Value
	}
	return HostsText(x.Hosts)
}

// HostsText returns hosts in one line.
func HostsText(hosts []Host) string {
	parts := make([]string, len(hosts))
	for i, h := range hosts {
		parts[i] = string(h)
	}
	return strings.Join(parts, ",")
}

// longestHost is how many characters a name in DNS has (RFC 1035, section 2.3.4), and what Cilium takes of one.
const longestHost = 253

// ParseHost reads the name of a host. It refuses addresses, URLs, names of the cluster's own DNS, and stars in other
// places than at the start.
func ParseHost(s string) (Host, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(s, "**."), "*.")
	switch {
	case s == "":
		return "", hostError("the name of a host is empty", "write a name such as `api.example.com`")
	case strings.Trim(s, "*.") == "":
		return "", hostError(fmt.Sprintf("`%s` is every host", s), "write the peer `internet` or `any` where every host is meant")
	case strings.Contains(s, "://"):
		_, rest, _ := strings.Cut(s, "://")
		host, _, _ := strings.Cut(rest, "/")
		return "", hostError(fmt.Sprintf("`%s` is a URL", s), fmt.Sprintf("write the host alone: `%s`", host))
	case isAddress(s):
		return "", hostError(fmt.Sprintf("`%s` is an address, and a name is wanted", s), "write it as `cidrs`")
	case strings.ContainsAny(name, "/:"):
		return "", hostError(fmt.Sprintf("`%s` is not the name of a host", s), "write the host alone: ports stand in `ports`, and paths in `http`")
	case strings.HasSuffix(s, "."):
		return "", hostError(fmt.Sprintf("`%s` ends in a dot", s), fmt.Sprintf("write `%s`", strings.TrimRight(s, ".")))
	case strings.Contains(name, "*"):
		return "", hostError(fmt.Sprintf("`%s` has a star that stands for no whole level at the start", s), "write `*.example.com` for one level, or `**.example.com` for all")
	case strings.ToLower(s) != s:
		return "", hostError(fmt.Sprintf("`%s` has capitals, which DNS does not tell apart", s), fmt.Sprintf("write `%s`", strings.ToLower(s)))
	case len(s) > longestHost:
		return "", hostError(fmt.Sprintf("`%s...` has %d characters, more than a name in DNS can have", s[:20], len(s)), fmt.Sprintf("a name has at most %d", longestHost))
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isHostLabel(label) {
			return "", hostError(fmt.Sprintf("`%s` is not the name of a host", s), "between its dots a name has at most 63 letters, digits, `-` and `_`, and no `-` at the ends")
		}
	}
	switch {
	case !strings.Contains(name, ".") && name == s, strings.HasSuffix(name, ".svc"), strings.HasSuffix(name, ".cluster.local"), name == "cluster.local":
		return "", hostError(fmt.Sprintf("`%s` is a name of the cluster's own DNS, and a rule for host names matches addresses outside of the cluster only", s), "name the workload instead, in `to`")
	}
	return Host(s), nil
}

func isAddress(s string) bool {
	_, noAddress := netip.ParseAddr(s)
	_, noPrefix := netip.ParsePrefix(s)
	return noAddress == nil || noPrefix == nil
}

func isHostLabel(s string) bool {
	fine := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' }
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' && !strings.ContainsFunc(s, func(r rune) bool { return !fine(r) })
}

func hostError(message, help string) *SyntaxError {
	return &SyntaxError{Rule: diag.InvalidValue, Message: message, Help: help}
}

// hosts returns the peer of hosts that stand in an edge.
func (s *scope) hosts(x *External) *Peer {
	p := &Peer{Kind: Named, External: x, Package: s.p}
	p.key = p.text()
	return p
}

// checkNames refuses names of hosts and requests where nothing can be made of them: hosts only answer, and no answer
// about flows knows the addresses behind a name.
func (s *scope) checkNames(d *EdgeDecl, use edgeUse, from, to []*Peer) bool {
	refuse := func(pos diag.Pos, what, why, help string) bool {
		s.l.findings.Errorf(diag.Unsupported, pos, "%s%s %s", what, d.made(), why).WithHelp("%s", help)
		return false
	}
	isHosts := func(p *Peer) bool { return len(p.Hosts()) > 0 }
	if i := slices.IndexFunc(from, isHosts); i >= 0 {
		return refuse(d.Pos, fmt.Sprintf("`%s`", from[i].NameIn(nil)), "names hosts on the left of an edge, and who calls is known by address only", "give its addresses as `cidrs`")
	}
	if use == allowEdge {
		return true
	}
	if len(d.HTTP) > 0 {
		return refuse(d.HTTPPos, "`http`", "says which requests an edge allows, and only edges in `allow` do", "remove `http`: the edge then speaks of the port as a whole")
	}
	if i := slices.IndexFunc(to, isHosts); i >= 0 {
		return refuse(d.Pos, fmt.Sprintf("`%s`", to[i].NameIn(nil)), "names hosts, whose addresses nobody knows beforehand, so that this cannot be checked", "name addresses, or the peers `internet` or `any`")
	}
	return true
}
