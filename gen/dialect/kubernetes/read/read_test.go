package read

import "testing"

// TestReadRefuses holds that what the API server would refuse, or read as something else, is not evaluated.
func TestReadRefuses(t *testing.T) {
	head := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec:\n  podSelector: {}\n"
	for _, bad := range []string{
		"kind: Service\napiVersion: v1\n",
		head + "  ingres: []\n",
		head + "  policyTypes: [ingress]\n",
		head + "  ingress: [{from: [{}]}]\n",
		head + "  ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}, podSelector: {}}]}]\n",
		head + "  ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [198.51.100.0/24]}}]}]\n",
		head + "  ingress: [{from: [{ipBlock: {cidr: \"::/0\", except: [\"::ffff:0:0/96\"]}}]}]\n",
		head + "  ingress: [{from: [{ipBlock: {cidr: 192.0.2.1}}]}]\n",
		head + "  ingress: [{ports: [{port: 0}]}]\n",
		head + "  ingress: [{ports: [{port: 9, endPort: 8}]}]\n",
		head + "  ingress: [{ports: [{port: http, endPort: 8}]}]\n",
		head + "  ingress: [{ports: [{endPort: 8}]}]\n",
		head + "  ingress: [{ports: [{protocol: ICMP}]}]\n",
		head + "  ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}]}]\n",
	} {
		if _, err := Policies([]byte(bad)); err == nil {
			t.Errorf("read without an error:\n%s", bad)
		}
	}
}
