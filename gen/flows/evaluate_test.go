package flows

import (
	"net/netip"
	"testing"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/world"
)

// TestSemantics is the semantics of NetworkPolicySpec, rule by rule, as the API reference of networking.k8s.io/v1 and
// the page Network Policies of the Kubernetes documentation have them. The question is always one flow.
func TestSemantics(t *testing.T) {
	web := End{Pod: &world.Pod{Namespace: "a", Name: "web", Labels: map[string]string{"app": "web", "tier": "front"}, Ports: []world.NamedPort{{Name: "http", Protocol: graph.TCP, Port: 8080}}}}
	db := End{Pod: &world.Pod{Namespace: "a", Name: "db", Labels: map[string]string{"app": "db"}, Ports: []world.NamedPort{{Name: "http", Protocol: graph.TCP, Port: 9090}}}}
	far := End{Pod: &world.Pod{Namespace: "b", Name: "far", Labels: map[string]string{"app": "web"}}}
	host := End{Pod: &world.Pod{Namespace: "a", Name: "host", Labels: map[string]string{"app": "web"}, HostNetwork: true}}
	addr := func(s string) End { return End{Addr: netip.MustParseAddr(s)} }
	tests := []struct {
		name, spec string
		from, to   End
		want       string
	}{
		{"no policy selects the pod: open", "podSelector: {matchLabels: {app: x}}", web, db, "*"},
		{"no rules and no types: Ingress, closed", "podSelector: {}", far, db, ""},
		{"no types, no egress rules: egress stays open", "podSelector: {}", db, far, "*"},
		{"no types, egress rules: Egress too", "podSelector: {}\n  egress: [{ports: [{port: 1}]}]", db, far, "1"},
		{"egress rules under types Ingress are ignored", "podSelector: {}\n  policyTypes: [Ingress]\n  egress: [{ports: [{port: 1}]}]", db, far, "*"},
		{"an empty rule opens all", "podSelector: {}\n  ingress: [{}]", far, db, "*"},
		{"an empty from is everyone", "podSelector: {}\n  ingress: [{from: [], ports: [{port: 1}]}]", addr("192.0.2.1"), db, "1"},
		{"the protocol defaults to TCP", "podSelector: {}\n  ingress: [{ports: [{port: 53}]}]", far, db, "53"},
		{"a protocol alone is all its ports", "podSelector: {}\n  ingress: [{ports: [{protocol: SCTP}]}]", far, db, "*/sctp"},
		{"endPort", "podSelector: {}\n  ingress: [{ports: [{port: 80, endPort: 90, protocol: UDP}]}]", far, db, "80-90/udp"},
		{"a podSelector alone is the policy's own namespace", "podSelector: {}\n  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]", far, db, ""},
		{"a namespaceSelector alone is all pods there", "podSelector: {}\n  ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]", far, db, "*"},
		{"the empty namespaceSelector is every namespace", "podSelector: {}\n  ingress: [{from: [{namespaceSelector: {}}]}]", far, db, "*"},
		{"both in one peer is AND", "podSelector: {}\n  ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: db}}}]}]", far, db, ""},
		{"two peers are OR", "podSelector: {}\n  ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: db}}}]}]", far, db, "*"},
		{"In", "podSelector: {}\n  ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: In, values: [front, back]}]}}]}]", web, db, "*"},
		{"NotIn holds for a missing label", "podSelector: {}\n  ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}]}]", db, db, "*"},
		{"Exists", "podSelector: {}\n  ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}]", db, db, ""},
		{"DoesNotExist", "podSelector: {}\n  ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]", web, db, ""},
		{"an ipBlock", "podSelector: {}\n  egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]}]", db, addr("192.0.2.1"), "*"},
		{"its except", "podSelector: {}\n  egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]}]", db, addr("192.0.2.129"), ""},
		{"an IPv6 ipBlock", "podSelector: {}\n  egress: [{to: [{ipBlock: {cidr: \"2001:db8::/32\"}}]}]", db, addr("2001:db8:1::1"), "*"},
		{"an ipBlock is no pod", "podSelector: {}\n  policyTypes: [Egress]\n  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", db, far, ""},
		{"a named port is the destination's", "podSelector: {}\n  policyTypes: [Egress]\n  egress: [{ports: [{port: http}]}]", web, db, "9090"},
		{"of the same protocol", "podSelector: {}\n  policyTypes: [Egress]\n  egress: [{ports: [{port: http, protocol: UDP}]}]", web, db, ""},
		{"both halves are needed", "podSelector: {}\n  policyTypes: [Ingress, Egress]\n  ingress: [{ports: [{port: 1, endPort: 5}]}]\n  egress: [{ports: [{port: 4, endPort: 9}]}]", web, db, "4-5"},
		{"a host-network pod is not isolated", "podSelector: {}", far, host, "*"},
		{"nor selected as a peer", "podSelector: {matchLabels: {app: db}}\n  ingress: [{from: [{podSelector: {}}]}]", host, db, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policies, err := read.Policies([]byte("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec:\n  " + tt.spec + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			e := New(world.Cluster{Namespaces: map[string]map[string]string{"b": {"team": "blue"}}, Policies: read.Rules(policies)})
			if got := e.Ports(tt.from, tt.to).String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPoliciesAdd holds that a second policy opens what the first does not, and closes nothing.
func TestPoliciesAdd(t *testing.T) {
	const two = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: a}
spec: {podSelector: {}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow, namespace: a}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}]}]}
`
	policies, err := read.Policies([]byte(two))
	if err != nil {
		t.Fatal(err)
	}
	e := New(world.Cluster{Policies: read.Rules(policies)})
	db, x := End{Pod: &world.Pod{Namespace: "a", Labels: map[string]string{"app": "db"}}}, End{Pod: &world.Pod{Namespace: "a"}}
	if got := e.Ports(x, db).String(); got != "80" {
		t.Errorf("to db: got %q, want 80", got)
	}
	if got := e.Ports(db, x).String(); got != "" {
		t.Errorf("to another pod: got %q, want none", got)
	}
}
