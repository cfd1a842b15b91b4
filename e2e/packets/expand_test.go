//go:build linux

package packets

import (
	"net/netip"
	"slices"
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

func TestParseAddresses(t *testing.T) {
	const name = "10.0.0.0/8 0.0.0.0/0 except (192.168.0.0/16 198.51.100.0/24) 2001:db8::/32"
	a, err := parseAddresses(name)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"10.1.2.3": true, "203.0.113.1": true, "192.168.1.1": false, "198.51.100.9": false, "2001:db8::1": true, "2001:db9::1": false,
	} {
		if got := a.contains(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s in %s: %v", text, name, got)
		}
	}
	if _, err := parseAddresses("partner"); err == nil {
		t.Error("a name that is no range passes")
	}
}

// TestExpand has a listing with a row of each kind, and pods under each kind of name.
func TestExpand(t *testing.T) {
	l, err := readListing(`{"flows": [
		{"from": "shop/web", "to": "shop/api", "ports": ["80"]},
		{"from": "(other)/*", "to": "shop/web", "ports": ["80"]},
		{"from": "shop/*", "to": "(outside)", "ports": ["80"]},
		{"from": "203.0.113.0/24", "to": "shop/api", "ports": ["80"]},
		{"from": "office", "to": "shop/web", "ports": ["80"]}
	]}`)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name, namespace, address string, as ...string) party {
		h := &cluster.Host{Name: name, V4: netip.MustParseAddr(address)}
		if namespace != "" {
			h.Pod = &cluster.Pod{Namespace: namespace}
		}
		return party{Host: h, as: as, governed: namespace == "shop"}
	}
	parties := []party{
		at("web", "shop", "10.244.0.1", "shop/web", other), at("api", "shop", "10.244.0.2", "shop/api", other),
		at("stray", "shop", "10.244.0.3", "shop/(other)", other), at("guest", "elsewhere", "10.244.0.4", "elsewhere/(other)", other),
		at("partner", "", "203.0.113.1"), at("desk", "", "198.51.100.1"),
	}
	externals := map[string]addresses{"office": ranges([]string{"198.51.100.0/24"})}
	m, err := l.expand(parties, []bool{false}, []cluster.Port{{Number: 80}}, externals)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for f, open := range m {
		if open {
			got = append(got, f.String())
		}
	}
	slices.Sort(got)
	want := []string{
		"api -> desk:80", "api -> partner:80",
		"desk -> guest:80", "desk -> partner:80", "desk -> web:80", // the first two are not governed
		"guest -> desk:80", "guest -> partner:80", "guest -> web:80",
		"partner -> api:80", "partner -> desk:80", "partner -> guest:80",
		"stray -> desk:80", "stray -> partner:80",
		"web -> api:80", "web -> desk:80", "web -> partner:80",
	}
	if !slices.Equal(got, want) {
		t.Errorf("open:\n%q, want\n%q", got, want)
	}
	if _, err := l.expand(parties[1:], []bool{false}, []cluster.Port{{Number: 80}}, externals); err == nil {
		t.Error("a workload without a pod passes")
	}
	if _, err := l.expand(parties, []bool{false}, []cluster.Port{{Number: 80}}, nil); err == nil {
		t.Error("a name that nobody knows passes")
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
