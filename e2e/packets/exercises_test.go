//go:build linux

package packets

import (
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
)

// exercises acts the three exercises of the tutorial out: one namespace may enter, one workload of it may enter, and
// out to tcp/443 only.
func (b *bench) exercises(t *testing.T) {
	t.Run("who may enter", b.front)
	t.Run("out to 443", b.out)
}

func (b *bench) front(t *testing.T) {
	s := b.set(t, scenario{
		name: "exercises",
		v6:   true,
		pods: []cluster.Pod{
			pod("np-demo/api"), pod("np-demo/web"), pod("front/web"), pod("front/cron"),
			pod("elsewhere/web"), dns(),
		},
		outside: []cluster.Host{visitor()},
		ports:   []string{"80", "8080", "53/udp"},
	})
	s.step("1 only namespace front enters", "examples/front-namespace",
		"front/web -> np-demo/api:80", "front/cron -> np-demo/api:80", "!front/web -> np-demo/api:8080",
		"!np-demo/web -> np-demo/api:80", "!elsewhere/web -> np-demo/api:80", "!visitor -> np-demo/api:80",
		"np-demo/api -> front/web:80", "np-demo/api -> kube-system/coredns:53/udp")
	s.step("2 only front/web enters", "examples/front-workload",
		"front/web -> np-demo/api:80", "!front/cron -> np-demo/api:80", "!front/web -> np-demo/api:8080",
		"!np-demo/web -> np-demo/api:80", "!elsewhere/web -> np-demo/api:80", "!visitor -> np-demo/api:80",
		"np-demo/api -> front/web:80", "np-demo/api -> kube-system/coredns:53/udp")
}

func (b *bench) out(t *testing.T) {
	s := b.set(t, scenario{
		name: "exercises",
		v6:   true,
		pods: []cluster.Pod{pod("np-demo/api"), pod("np-demo/db"), dns(), pod("elsewhere/guest")},
		outside: []cluster.Host{
			visitor(),
			outside("office", "192.168.7.7", "fd12:3456::7"),
			outside("datacenter", "10.99.0.9", "fd12:3456::9"),
			outside("metadata", "169.254.169.254", "fd12:3456::fe"),
		},
		ports: []string{"443", "443/udp", "80", "53", "53/udp"},
	})
	s.step("3 api leaves by tcp/443 only", "examples/egress-443-only",
		"!np-demo/api -> visitor:80", "!np-demo/api -> visitor:443/udp", "!np-demo/api -> np-demo/db:443",
		"!np-demo/api -> office:443", "!np-demo/api -> datacenter:443", "!np-demo/api -> metadata:443",
		"np-demo/api -> kube-system/coredns:53", "np-demo/api -> kube-system/coredns:53/udp",
		"np-demo/db -> visitor:80", "visitor -> np-demo/api:80")
	// The example opens IPv4 only.
	s.holds("np-demo/api -> visitor:443", "!np-demo/api -> visitor:443"+overV6)
}
