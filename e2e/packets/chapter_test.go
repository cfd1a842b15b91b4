//go:build linux

package packets

import (
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
)

// npDemo is the namespace of the tutorial, and who else is in the cluster.
func npDemo() scenario {
	return scenario{
		name:    "np-demo",
		v6:      true,
		pods:    []cluster.Pod{pod("np-demo/api"), pod("np-demo/db"), pod("np-demo/attacker"), dns(), pod("elsewhere/guest")},
		outside: []cluster.Host{visitor()},
		ports:   []string{"80", "53", "53/udp", "443"},
	}
}

// chapter acts the tutorial out.
func (b *bench) chapter(t *testing.T) {
	s := b.set(t, npDemo())
	const (
		apiToDB      = "np-demo/api -> np-demo/db:80"
		attackerToDB = "np-demo/attacker -> np-demo/db:80"
		outsideToDB  = "visitor -> np-demo/db:80"
		dnsUDP       = "np-demo/api -> kube-system/coredns:53/udp"
		dnsTCP       = "np-demo/api -> kube-system/coredns:53"
		attackerDNS  = "np-demo/attacker -> kube-system/coredns:53/udp"
		apiOut       = "np-demo/api -> visitor:443"
		intoAPI      = "np-demo/attacker -> np-demo/api:80"
	)
	s.step("1 everything is open", s.testdata("chapter/1-open"), apiToDB, attackerToDB, outsideToDB, dnsUDP, dnsTCP, apiOut, intoAPI)
	s.step("2 db is closed", s.testdata("chapter/2-db-closed"), "!"+apiToDB, "!"+attackerToDB, "!"+outsideToDB, dnsUDP, dnsTCP, apiOut, intoAPI)
	s.step("3 api enters db", s.testdata("chapter/3-api-to-db"), apiToDB, "!"+attackerToDB, "!"+outsideToDB, dnsUDP, dnsTCP, apiOut, intoAPI)
	s.step("4 api may not leave, DNS is dead", s.testdata("chapter/4-api-closed"), "!"+apiToDB, "!"+attackerToDB, "!"+outsideToDB, "!"+dnsUDP, "!"+dnsTCP, attackerDNS, "!"+apiOut, intoAPI)
	s.step("5 api enters db and asks DNS", "examples/np-demo", apiToDB, "!"+attackerToDB, "!"+outsideToDB, dnsUDP, dnsTCP, attackerDNS, "!"+apiOut, intoAPI)
}
