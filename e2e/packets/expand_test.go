//go:build linux

package packets

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
)

func TestHasPort(t *testing.T) {
	for _, c := range []struct {
		row, port string
		want      bool
	}{
		{"*", "80", true},
		{"*", "53/udp", true},
		{"80", "80", true},
		{"80", "81", false},
		{"80", "80/udp", false},
		{"53/udp", "53", false},
		{"53/udp", "53/udp", true},
		{"*/udp", "53/udp", true},
		{"*/udp", "53", false},
		{"*/tcp", "53", true},
		{"*/sctp", "53", false},
		{"80/sctp", "80", false},
		{"8000-8010", "7999", false},
		{"8000-8010", "8000", true},
		{"8000-8010", "8010", true},
		{"8000-8010", "8011", false},
		{"8000-8010/udp", "8005", false},
		{"8000-8010/udp", "8005/udp", true},
	} {
		p, err := cluster.ParsePort(c.port)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := hasPort([]string{"1", c.row}, p); err != nil || got != c.want {
			t.Errorf("%s in %s: %v %v", c.port, c.row, got, err)
		}
	}
	if _, err := hasPort([]string{"http"}, cluster.Port{Number: 80}); err == nil {
		t.Error("a port that is no number passes")
	}
}

// TestExpand has a listing with a row of each kind of ends.
func TestExpand(t *testing.T) {
	const shop, web, api = `"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}`,
		`"podSelector": {"matchLabels": {"app": "web"}}`, `"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "old"]}]}`
	const everywhere, every, outside = `"namespaceSelector": {}`, `"podSelector": {}`, `{"addresses": ["0.0.0.0/0", "::/0"]}`
	row := func(from, to, ports string) string {
		return fmt.Sprintf(`{"from": "x", "to": "y", "fromSet": %s, "toSet": %s, "ports": [%q]}`, from, to, ports)
	}
	pods := func(selectors ...string) string { return "{" + strings.Join(selectors, ", ") + "}" }
	set := func(all ...string) string { return `{"pods": [` + strings.Join(all, ", ") + "]}" }
	but := func(p, except string) string { return `{"pods": [` + p + `], "except": [` + except + "]}" }
	everyone := pods(everywhere, every)
	rows := []string{
		row(set(pods(shop, web)), set(pods(shop, api)), "80"),
		row(but(everyone, pods(shop, every)), set(pods(shop, web)), "80"),
		row(set(pods(`"namespaceSelector": {"matchLabels": {"tier": "ops"}}`, every)), set(pods(shop, web), pods(shop, api)), "81"),
		row(but(pods(shop, every), pods(shop, web)+", "+pods(shop, api)), outside, "80"),
		row(`{"addresses": ["203.0.113.0/24"]}`, set(pods(shop, api)), "80"),
		row(`{"addresses": ["2001:db8:51::/48"]}`, but(everyone, everyone), "80"),
		row(`{"addresses": ["2001:db8:51::/48"]}`, set(pods(shop, web)), "80"),
	}
	at := func(name, v4, v6 string) *cluster.Host {
		h := &cluster.Host{Name: name, V4: netip.MustParseAddr(v4), V6: netip.MustParseAddr(v6)}
		if strings.Contains(name, "/") {
			p := pod(name)
			h.Pod = &p
		}
		return h
	}
	hosts := []*cluster.Host{
		at("shop/web", "10.244.0.1", "fd00::1"), at("shop/api", "10.244.0.2", "fd00::2"), at("shop/stray", "10.244.0.3", "fd00::3"),
		at("ops/guest", "10.244.0.4", "fd00::4"), at("partner", "203.0.113.1", "2001:db8:113::1"), at("desk", "198.51.100.1", "2001:db8:51::1"),
	}
	expand := func(hosts []*cluster.Host, port int, rows ...string) ([]string, error) {
		l, err := readListing(`{"flows": [` + strings.Join(rows, ", ") + "]}")
		if err != nil {
			t.Fatal(err)
		}
		namespaces := map[string]map[string]string{"ops": {"tier": "ops"}}
		m, err := l.expand(hosts, namespaces, []bool{false, true}, []cluster.Port{{Number: port}})
		var open []string
		for f, is := range m {
			if is {
				open = append(open, f.String())
			}
		}
		slices.Sort(open)
		return open, err
	}
	for port, want := range map[int][]string{
		80: {
			"desk -> partner:80", "desk -> partner:80 (IPv6)", "desk -> shop/web:80 (IPv6)", // no policy is about the first two
			"ops/guest -> shop/web:80", "ops/guest -> shop/web:80 (IPv6)",
			"partner -> desk:80", "partner -> desk:80 (IPv6)", "partner -> shop/api:80",
			"shop/stray -> desk:80", "shop/stray -> desk:80 (IPv6)", "shop/stray -> partner:80", "shop/stray -> partner:80 (IPv6)",
			"shop/web -> shop/api:80", "shop/web -> shop/api:80 (IPv6)",
		},
		81: {
			"desk -> partner:81", "desk -> partner:81 (IPv6)",
			"ops/guest -> shop/api:81", "ops/guest -> shop/api:81 (IPv6)", "ops/guest -> shop/web:81", "ops/guest -> shop/web:81 (IPv6)",
			"partner -> desk:81", "partner -> desk:81 (IPv6)",
		},
	} {
		got, err := expand(hosts, port, rows...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("open:\n%q, want\n%q", got, want)
		}
	}
	for name, r := range map[string]string{
		"pods of which there is none": row(set(pods(shop, `"podSelector": {"matchLabels": {"app": "db"}}`)), outside, "80"),
		"an end without a set":        row(`{}`, outside, "80"),
		"an end that is both":         row(`{"pods": [`+everyone+`], "addresses": ["::/0"]}`, outside, "80"),
		"a selector of no kind":       row(set(pods(everywhere, `"podSelector": {"matchExpressions": [{"key": "app", "operator": "Is"}]}`)), outside, "80"),
		"a port by a name":            row(set(everyone), outside, "http"),
	} {
		if _, err := expand(hosts, 80, r); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestDifferences(t *testing.T) {
	a, b, c := flow{"x", "y", "80", false}, flow{"x", "y", "80", true}, flow{"y", "x", "80", false}
	want, seen := matrix{a: true, b: true, c: false}, matrix{a: true, b: false, c: true}
	got := differences(want, seen)
	if !slices.Equal(got, []string{"x -> y:80 (IPv6): must be open, is blocked", "y -> x:80: must be blocked, is open"}) {
		t.Errorf("%q", got)
	}
	if got := differences(want, matrix{a: true, b: true}); len(got) != 0 {
		t.Errorf("%q", got) // what nobody has seen is not open
	}
}
