package apiserver

import (
	"strings"
	"testing"
)

// TestJudge sees the judge refuse what a server refuses, warns of or changes.
func TestJudge(t *testing.T) {
	for _, c := range []struct{ name, object, says string }{
		{"good", good(""), ""},
		{"IPv4 inside of IPv6 as a range of its own", good(`ingress: [{from: [{ipBlock: {cidr: "::ffff:0:0/96"}}]}]`), "spec.ingress[0].from[0].ipBlock.cidr"},
		{"the naive internet", good(`egress: [{to: [{ipBlock: {cidr: "::/0", except: ["::ffff:0:0/96"]}}]}]`), "spec.egress[0].to[0].ipBlock.except[0]"},
		{"except outside", good(`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]`), "ipBlock.except[0]"},
		{"except that is all", good(`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]`), "ipBlock.except[0]"},
		{"host bits", good(`ingress: [{from: [{ipBlock: {cidr: 10.0.0.1/8}}]}]`), "cidr"},
		{"long form of an address", good(`ingress: [{from: [{ipBlock: {cidr: "2001:db8:0::/48"}}]}]`), "warning: "},
		{"no protocol", good(`ingress: [{ports: [{port: 80}]}]`), "defaulting changes it"},
		{"port 0", good(`ingress: [{ports: [{port: 0, protocol: TCP}]}]`), "port"},
		{"range backwards", good(`ingress: [{ports: [{port: 80, endPort: 79, protocol: TCP}]}]`), "endPort"},
		{"range by name", good(`ingress: [{ports: [{port: http, endPort: 79, protocol: TCP}]}]`), "endPort"},
		{"unknown field", good(`ingres: []`), "unknown field"},
		{"doubled field", good("podSelector: {}"), "already set"},
		{"two kinds of peer", good(`ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]`), "may not specify both"},
		{"empty peer", good(`ingress: [{from: [{}]}]`), "must specify a peer"},
		{"empty list of rules", good(`ingress: []`), "read back"},
		{"no policyTypes", strings.Replace(good(""), "policyTypes: [Ingress, Egress]", "", 1), "defaulting changes it"},
		{"another kind", "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: a}\n", "a *v1.IngressClass"},
		{"another version", strings.Replace(good(""), "networking.k8s.io/v1", "extensions/v1beta1", 1), "decoding"},
		{"label value", strings.Replace(good(""), "tier: web", "tier: "+strings.Repeat("w", 64), 1), "metadata.labels"},
		{"annotations", strings.Replace(good(""), "why: so", "why: "+strings.Repeat("w", 256<<10), 1), "metadata.annotations"},
		{"name", strings.Replace(good(""), "name: web", "name: Web", 1), "metadata.name"},
		{"namespace", strings.Replace(good(""), "namespace: shop", "namespace: shop.a", 1), "metadata.namespace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			count, faults := Judge([]byte("# head\n---\n" + c.object))
			if count != 1 {
				t.Errorf("%d objects", count)
			}
			all := strings.Join(faults, "\n")
			if c.says == "" && all != "" || !strings.Contains(all, c.says) {
				t.Errorf("want %q, got:\n%s", c.says, all)
			}
		})
	}
}

// good returns a policy with one more line in its spec.
func good(line string) string {
	return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  labels: {tier: web}
  annotations: {why: so}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ` + line + "\n"
}
