package read

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

const head = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\nspec: {tier: Admin, priority: 1, subject: {namespaces: {}}"

func policy(t *testing.T, text string) (rule.Policy, []string, error) {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Policy(data)
}

// TestRefused holds that what the CRD refuses is refused (network-policy-api v0.2.0, config/crd), and so is what it has not.
func TestRefused(t *testing.T) {
	rule := func(text string) string { return head + ", egress: [" + text + "]}" }
	for text, want := range map[string]string{
		strings.Replace(head, "Admin", "admin", 1) + "}":                                            "tier",
		strings.Replace(head, "priority: 1", "priority: 1001", 1) + "}":                             "priority",
		strings.Replace(head, "priority: 1, ", "", 1) + "}":                                         "priority",
		strings.Replace(head, "namespaces: {}", "", 1) + "}":                                        "subject",
		strings.Replace(head, "namespaces: {}", "namespaces: {}, pods: {podSelector: {}}", 1) + "}": "subject",
		strings.Replace(head, "namespaces: {}", "pods: {namespaceSelector: {}}", 1) + "}":           "podSelector",
		strings.Replace(head, "name: p", "name: p, namespace: n", 1) + "}":                          "namespace",
		strings.Replace(head, "v1alpha2", "v1alpha1", 1) + "}":                                      "v1alpha1",
		head + ", order: 1}": "order",
		head + ", ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]}": "egress",
		head + ", ingress: [{action: Deny, to: [{namespaces: {}}]}]}":           "other direction",
		rule(`{action: Allow, to: [{namespaces: {}}]}`):                         "Allow",
		rule(`{action: Deny}`):           "0 peers",
		rule(`{action: Deny, to: []}`):   "0 peers",
		rule(`{action: Deny, to: [{}]}`): "must say one of",
		rule(`{action: Deny, to: [{namespaces: {}, networks: [10.0.0.0/8]}]}`):                                                      "must say one of",
		rule(`{action: Deny, to: [{networks: [10.0.0.1]}]}`):                                                                        "range",
		rule(`{action: Deny, to: [{networks: ["::ffff:10.0.0.0/104"]}]}`):                                                           "range",
		rule(`{action: Deny, to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]}`):                                                          "twice",
		rule(`{action: Deny, to: [{domainNames: [example.com]}]}`):                                                                  "accept",
		rule(`{action: Deny, to: [{namespaces: {}}], protocols: []}`):                                                               "0 entries",
		rule(`{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {}}]}`):                                                      "destinationPort",
		rule(`{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 0}}}]}`):                          "1 to 65535",
		rule(`{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 80, end: 80}}}}]}`):        "range",
		rule(`{action: Deny, to: [{networks: [192.0.2.0/24]}], protocols: [{destinationNamedPort: http}]}`):                         "only pods have",
		rule(`{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 1}}, destinationNamedPort: a}]}`): "must say one of",
		rule(`{action: Deny, to: [` + strings.Repeat("{namespaces: {}}, ", 26) + `]}`):                                              "26 peers",
		rule(strings.Repeat("{action: Deny, to: [{namespaces: {}}]}, ", 26)):                                                        "26 rules",
		rule(`{action: Deny, to: [{namespaces: {matchExpressions: [{key: a, operator: In}]}}]}`):                                    "namespaces",
		rule(`{name: ` + strings.Repeat("n", 101) + `, action: Deny, to: [{namespaces: {}}]}`):                                      "100 characters",
	} {
		if _, _, err := policy(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and not `%s`: %s", err, want, text)
		}
	}
}

// TestMeaning holds what an object means, and what of it is not in there.
func TestMeaning(t *testing.T) {
	p, notCounted, err := policy(t, strings.Replace(head, "subject: {namespaces: {}}", `subject: {pods: {podSelector: {matchLabels: {app: a}}}},
 ingress: [{action: Pass, from: [{pods: {podSelector: {}}}], protocols: [{udp: {destinationPort: {range: {start: 53, end: 54}}}}, {destinationNamedPort: http}]}],
 egress: [{action: Accept, to: [{networks: [0.0.0.0/0, "::/0"]}]}, {action: Deny, to: [{networks: [192.0.2.0/24, 169.254.169.254/32]}]}, {action: Accept, to: [{domainNames: [a.example.com]}]}]}`, 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(notCounted) != 1 || !strings.Contains(notCounted[0], "domainNames") {
		t.Errorf("not counted: %q", notCounted)
	}
	if p.Tier != rule.Admin || p.Priority != 1 || p.Namespaces == nil || p.Subject.MatchLabels["app"] != "a" || p.Isolates != 0 || len(p.Rules) != 4 {
		t.Fatalf("%+v", p)
	}
	in, all, some, names := p.Rules[0], p.Rules[1], p.Rules[2], p.Rules[3]
	if in.Action != rule.Pass || in.Peers[0].Namespaces == nil || !in.Ports.Equal(sets.PortRange(sets.UDP, 53, 54)) || len(in.Named) != 3 {
		t.Errorf("%+v", in)
	}
	if len(all.Peers) != 3 || all.Peers[2].Namespaces == nil { // pods have addresses, too
		t.Errorf("%+v", all)
	}
	if len(some.Peers) != 2 || some.Action != rule.Deny {
		t.Errorf("%+v", some)
	}
	if len(names.Peers) != 0 || names.Everyone() {
		t.Errorf("%+v", names)
	}
	for networks, want := range map[string]string{"10.0.0.0/8": "not known", "0.0.0.0/0": "other family", "2600::/16": "not known"} {
		_, notCounted, err := policy(t, head+`, egress: [{action: Accept, to: [{networks: ["`+networks+`"]}]}]}`)
		if err != nil || len(notCounted) != 1 || !strings.Contains(notCounted[0], want) {
			t.Errorf("%s: %q %v", networks, notCounted, err)
		}
	}
}
