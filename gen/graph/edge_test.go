package graph

import (
	"cmp"
	"net/netip"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func named(name string) PeerExpr           { return PeerExpr{Name: name} }
func inNamespace(ns, name string) PeerExpr { return PeerExpr{Namespace: ns, Name: name} }
func allOf(ns string) PeerExpr             { return PeerExpr{Kind: WholeNamespace, Namespace: ns} }
func cidr(s string) PeerExpr               { return PeerExpr{Kind: CIDR, CIDR: netip.MustParsePrefix(s)} }

func tcp(offset, lo, hi int) PortToken {
	return PortToken{Port: Port{Range{lo, hi}, TCP}, Offset: offset}
}

func tokens(t ...PortToken) *PortsExpr { return &PortsExpr{Tokens: t} }

// Every legal form of docs/language.md, Edges, what it is read as and where its parts start.
func TestParseEdge(t *testing.T) {
	udp := UDP
	for _, c := range []struct {
		in, text     string
		from, to     PeerExpr
		fromAt, toAt int
		ports        *PortsExpr
		portsAt      int
	}{
		{in: "api -> db:80", from: named("api"), to: named("db"), toAt: 7, ports: tokens(tcp(0, 80, 80)), portsAt: 10},
		{in: "api -> db", from: named("api"), to: named("db"), toAt: 7},
		{in: "api->db", text: "api -> db", from: named("api"), to: named("db"), toAt: 5},
		{in: " \t api\t->\n db:80\r\n", text: "api -> db:80", from: named("api"), fromAt: 3, to: named("db"), toAt: 11, ports: tokens(tcp(0, 80, 80)), portsAt: 14},
		// The first `->` divides, whatever a name looks like.
		{in: "queue-master->x", text: "queue-master -> x", from: named("queue-master"), to: named("x"), toAt: 14},
		{in: "a-b-c->d-e:f-g", text: "a-b-c -> d-e:f-g", from: named("a-b-c"), to: named("d-e"), toAt: 7, ports: tokens(PortToken{Name: "f-g"}), portsAt: 11},
		{in: "shop/api -> pay/db:80", from: inNamespace("shop", "api"), to: inNamespace("pay", "db"), toAt: 12, ports: tokens(tcp(0, 80, 80)), portsAt: 19},
		{in: "web -> web:9094", from: named("web"), to: named("web"), toAt: 7, ports: tokens(tcp(0, 9094, 9094)), portsAt: 11},
		// All digits is a name, and so is what would be an address with dots.
		{in: "1 -> 10/24:1", from: named("1"), to: inNamespace("10", "24"), toAt: 5, ports: tokens(tcp(0, 1, 1)), portsAt: 11},
		{in: "0 -> 65536", from: named("0"), to: named("65536"), toAt: 5},
		{in: "10/* -> 80:80", from: allOf("10"), to: named("80"), toAt: 8, ports: tokens(tcp(0, 80, 80)), portsAt: 11},
		// Not a port and not an address: a name may hold what looks like one.
		{in: "web -> db/80", from: named("web"), to: inNamespace("db", "80"), toAt: 7},
		{in: "* -> */*:*", from: allOf(""), to: PeerExpr{Kind: AllNamespaces}, toAt: 5, ports: &PortsExpr{All: true}, portsAt: 9},
		{in: "*/*->*:*/udp", text: "*/* -> *:*/udp", from: PeerExpr{Kind: AllNamespaces}, to: allOf(""), toAt: 5, ports: &PortsExpr{AllOf: &udp}, portsAt: 7},
		{in: "shop/* -> pay/*", from: allOf("shop"), to: allOf("pay"), toAt: 10},
		{in: "any -> web", from: PeerExpr{Kind: Any}, to: named("web"), toAt: 7},
		{in: "web -> any:*", from: named("web"), to: PeerExpr{Kind: Any}, toAt: 7, ports: &PortsExpr{All: true}, portsAt: 11},
		{in: "web -> internet:443", from: named("web"), to: PeerExpr{Kind: Internet}, toAt: 7, ports: tokens(tcp(0, 443, 443)), portsAt: 16},
		{in: "web -> dns", from: named("web"), to: PeerExpr{Kind: DNS}, toAt: 7},
		{in: "web -> apiserver", from: named("web"), to: PeerExpr{Kind: APIServer}, toAt: 7},
		// A built-in name is one only where it stands alone.
		{in: "any/web -> ns/any", from: inNamespace("any", "web"), to: inNamespace("ns", "any"), toAt: 11},
		{in: "10.0.0.0/8 -> web", from: cidr("10.0.0.0/8"), to: named("web"), toAt: 14},
		{in: "web -> 0.0.0.0/0:*", from: named("web"), to: cidr("0.0.0.0/0"), toAt: 7, ports: &PortsExpr{All: true}, portsAt: 17},
		{in: "[2001:db8::/32] -> web", from: cidr("2001:db8::/32"), to: named("web"), toAt: 19},
		{in: "web->[2001:0DB8:0::/32]:80", text: "web -> [2001:db8::/32]:80", from: named("web"), to: cidr("2001:db8::/32"), toAt: 5, ports: tokens(tcp(0, 80, 80)), portsAt: 24},
		{in: "web -> [::1/128]", from: named("web"), to: cidr("::1/128"), toAt: 7},
		{in: "web -> [::/0]:*", from: named("web"), to: cidr("::/0"), toAt: 7, ports: &PortsExpr{All: true}, portsAt: 14},
	} {
		want := EdgeExpr{From: c.from, To: c.to, FromOffset: c.fromAt, ToOffset: c.toAt, Ports: c.ports, PortsOffset: c.portsAt}
		got, errs := ParseEdge(c.in)
		for _, err := range errs {
			t.Errorf("%q: at %d: %v", c.in, err.Offset, err)
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
		if text := cmp.Or(c.text, c.in); got.String() != text {
			t.Errorf("%q is written %q, want %q", c.in, got, text)
		}
	}
}
