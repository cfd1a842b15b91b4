package reach

import (
	"testing"

	"github.com/npgen/npgen/gen/graph"
)

// TestPortNameOnHostNetwork: a pod on its node's network is an address to policies, so that a port name finds nothing.
func TestPortNameOnHostNetwork(t *testing.T) {
	policies, err := Read([]byte(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: n, namespace: a}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: web}]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	pods := []Pod{
		{Namespace: "a", Name: "from"},
		{Namespace: "b", Name: "to", Ports: []NamedPort{{"web", graph.TCP, 80}}},
		{Namespace: "b", Name: "node", Ports: []NamedPort{{"web", graph.TCP, 80}}, HostNetwork: true},
	}
	e := New(Cluster{Pods: pods, Policies: policies})
	for to, want := range map[int]string{1: "80", 2: ""} {
		if got := e.Ports(End{Pod: &pods[0]}, End{Pod: &pods[to]}).String(); got != want {
			t.Errorf("%s: got %q, want %q", pods[to].Name, got, want)
		}
	}
}
