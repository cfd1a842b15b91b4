//go:build linux

package packets

import (
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
)

// boutique is an application with all its pods.
func (b *bench) boutique(t *testing.T) {
	var pods []cluster.Pod
	for _, name := range []string{
		"loadgenerator", "frontend", "adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice",
		"paymentservice", "productcatalogservice", "recommendationservice", "shippingservice", "redis-cart",
	} {
		pods = append(pods, pod("default/"+name))
	}
	s := b.set(t, scenario{
		name:    "online-boutique",
		pods:    append(pods, pod("default/attacker"), dns(), pod("elsewhere/guest")),
		outside: []cluster.Host{visitor()},
		// All ports of its pods, those of its Services that differ, and DNS.
		ports: []string{"8080", "9555", "7070", "5050", "7000", "50051", "3550", "6379", "80", "5000", "53", "53/udp"},
	})
	s.step("all edges", "examples/online-boutique",
		"visitor -> default/frontend:8080", "!visitor -> default/frontend:80", "elsewhere/guest -> default/frontend:8080",
		"default/loadgenerator -> default/frontend:8080", "!default/attacker -> default/frontend:8080",
		"default/frontend -> default/cartservice:7070", "default/cartservice -> default/redis-cart:6379",
		"!default/frontend -> default/redis-cart:6379", "default/checkoutservice -> default/emailservice:8080",
		"!default/checkoutservice -> default/emailservice:5000", "default/paymentservice -> kube-system/coredns:53/udp",
		"!default/redis-cart -> kube-system/coredns:53/udp", "!default/frontend -> visitor:80")
	s.live("all edges, asked of the cluster")
	s.broken("a rule removed by hand", "examples/online-boutique", `  - ports:
    - port: 8080
      protocol: TCP
    to:
    - podSelector:
        matchLabels:
          app: emailservice
`, "default/checkoutservice -> default/emailservice:8080")
}
