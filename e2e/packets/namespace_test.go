//go:build linux

package packets

import (
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
)

// closedNamespace closes a namespace as a whole, and opens it edge by edge.
func (b *bench) closedNamespace(t *testing.T) {
	s := b.set(t, scenario{
		name: "closed namespace",
		v6:   true,
		pods: []cluster.Pod{
			pod("np-demo/web"), replica("np-demo/web", "-2"), pod("np-demo/api"), pod("np-demo/db"),
			pod("np-demo/batch"), pod("np-demo/future"), dns(), pod("elsewhere/guest"),
		},
		outside: []cluster.Host{visitor()},
		ports:   []string{"8080", "5432", "53", "53/udp"},
	})
	s.step("all is closed", s.testdata("closed"),
		"!np-demo/web -> np-demo/api:8080", "!np-demo/web -> np-demo/web-2:8080", "!np-demo/batch -> np-demo/future:8080",
		"!visitor -> np-demo/web:8080", "!elsewhere/guest -> np-demo/web:8080", "!np-demo/web -> visitor:8080",
		"!np-demo/web -> kube-system/coredns:53/udp", "elsewhere/guest -> visitor:8080")
	s.step("edge by edge", "examples/closed-namespace",
		"np-demo/web -> np-demo/api:8080", "np-demo/web-2 -> np-demo/api:8080", "!np-demo/web -> np-demo/web-2:8080",
		"np-demo/api -> np-demo/db:5432", "!np-demo/web -> np-demo/db:5432", "!np-demo/db -> np-demo/api:8080",
		"visitor -> np-demo/web:8080", "visitor -> np-demo/web-2:8080", "elsewhere/guest -> np-demo/web:8080",
		"!np-demo/db -> np-demo/web:8080", "!np-demo/batch -> np-demo/web:8080", "!np-demo/future -> np-demo/web:8080",
		"!visitor -> np-demo/api:8080", "!np-demo/api -> visitor:8080", "np-demo/api -> kube-system/coredns:53/udp",
		"!np-demo/db -> kube-system/coredns:53/udp")
	s.live("edge by edge, asked of the cluster")
}

// portRanges probes the ends of ranges of ports and what lies beside them, over both protocols.
func (b *bench) portRanges(t *testing.T) {
	s := b.set(t, scenario{
		name: "ports",
		v6:   true,
		pods: []cluster.Pod{pod("media/phone"), pod("media/sip"), pod("media/turn"), pod("media/log"), dns()},
		ports: []string{
			"7999", "8000", "8001", "8002", "8003", "8005", "8006", "8010", "8011", "8005/udp", "5060", "5060/udp",
			"9999/udp", "10000/udp", "10005/udp", "10005", "10010/udp", "10011/udp", "1", "65535/udp", "53", "53/udp",
		},
	})
	s.step("ranges and UDP", s.testdata("ranges"),
		"!media/phone -> media/sip:7999", "media/phone -> media/sip:8000", "media/phone -> media/sip:8010",
		"!media/phone -> media/sip:8011", "!media/phone -> media/sip:8005/udp", "!media/phone -> media/sip:5060",
		"media/phone -> media/sip:5060/udp", "!media/phone -> media/sip:9999/udp", "media/phone -> media/sip:10000/udp",
		"media/phone -> media/sip:10010/udp", "!media/phone -> media/sip:10011/udp", "!media/phone -> media/sip:10005",
		"media/phone -> media/turn:65535/udp", "!media/phone -> media/turn:1",
		"media/sip -> media/log:8001", "!media/sip -> media/log:8002", "media/sip -> media/log:8003",
		"media/sip -> media/log:8005", "!media/sip -> media/log:8006",
		"media/log -> media/phone:1", "media/log -> media/phone:65535/udp", "!media/phone -> media/log:8001",
		"!media/turn -> kube-system/coredns:53/udp", "media/phone -> kube-system/coredns:53")
	s.live("ranges and UDP, asked of the cluster")
}

// addressRanges probes hosts inside and outside of ranges, of their exceptions, and of the internet.
func (b *bench) addressRanges(t *testing.T) {
	s := b.set(t, scenario{
		name: "addresses",
		v6:   true,
		pods: []cluster.Pod{pod("edge/web"), pod("edge/api"), pod("edge/mail"), pod("edge/other"), dns(), pod("elsewhere/guest")},
		outside: []cluster.Host{
			outside("partner", "203.0.113.127", "2001:db8:113:7fff::1"),
			outside("excepted", "203.0.113.128", "2001:db8:113:8000::1"),
			outside("beside", "203.0.112.255", "2001:db8:112::1"),
			outside("relay", "198.51.100.20", "2001:db8:51::20"),
			outside("private", "10.99.0.9", "fd12:3456::9"),
			outside("metadata", "169.254.169.254", "fd12:3456::fe"),
		},
		ports: []string{"443", "8080", "465", "443/udp", "53/udp"},
	})
	s.step("ranges with exceptions", s.testdata("addresses"),
		"partner -> edge/api:8080", "!excepted -> edge/api:8080", "!beside -> edge/api:8080", "!elsewhere/guest -> edge/api:8080",
		"edge/web -> edge/api:8080", "edge/api -> partner:443", "!edge/api -> excepted:443", "!edge/api -> beside:443",
		"!edge/api -> partner:443/udp", "!partner -> edge/api:443",
		"edge/mail -> partner:465", "edge/mail -> excepted:465", "!edge/mail -> private:465", "!edge/mail -> metadata:465",
		"!edge/mail -> elsewhere/guest:465", "!edge/mail -> partner:443",
		"relay -> edge/mail:465", "!partner -> edge/mail:465", "!elsewhere/guest -> edge/mail:465",
		"private -> edge/web:443", "elsewhere/guest -> edge/web:443", "!edge/other -> edge/web:443", "!edge/web -> partner:443")
	s.live("ranges with exceptions, asked of the cluster")
}

// selectors probes pods and namespaces that are selected by labels and expressions.
func (b *bench) selectors(t *testing.T) {
	s := b.set(t, scenario{
		name: "selectors",
		namespaces: map[string]map[string]string{
			"operations": {"tier": "ops"}, "partners": {"tier": "guest"}, "elsewhere": nil, "shop": {"tier": "shop"},
		},
		pods: []cluster.Pod{
			pod("shop/web"),
			pod("shop/www"),
			labelled("shop/db", map[string]string{"app": "db", "tier": "main", "more": "too"}),
			labelled("shop/db-test", map[string]string{"app": "db", "tier": "test"}),
			pod("operations/prometheus"), pod("operations/grafana"),
			pod("partners/batch"), pod("elsewhere/prometheus"), dns(),
		},
		ports: []string{"8080", "5432", "9090", "53/udp"},
	})
	s.step("labels and expressions", s.testdata("selectors"),
		"shop/web -> shop/db:5432", "shop/www -> shop/db:5432", "!shop/web -> shop/db-test:5432", "!shop/db-test -> shop/db:5432",
		"operations/prometheus -> shop/db:9090", "operations/prometheus -> shop/db-test:9090", "!operations/grafana -> shop/db:9090",
		"!elsewhere/prometheus -> shop/db:9090", "partners/batch -> shop/web:8080", "partners/batch -> shop/www:8080",
		"!operations/grafana -> shop/web:8080", "!elsewhere/prometheus -> shop/web:8080", "!partners/batch -> shop/db:5432")
	s.live("labels and expressions, asked of the cluster")
}
