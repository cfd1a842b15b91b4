package prove_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/dialect/kubernetes/read"
	"github.com/npgen/npgen/gen/prove"
	"github.com/npgen/npgen/gen/rule"
)

// specs reads policies in short: each line is a namespace and the spec of a policy.
func specs(t *testing.T, text string) []rule.Policy {
	t.Helper()
	var stream strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if namespace, spec, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			fmt.Fprintf(&stream, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: %s, name: p%d}, spec: %s}\n", namespace, i, spec)
		}
	}
	policies, err := read.Policies([]byte(stream.String()))
	if err != nil {
		t.Fatal(err)
	}
	return read.Rules(policies)
}

// TestForms compares two ways to write policies. The differences are those that the second has to the first: none where
// both mean the same, else one that holds what is wanted.
func TestForms(t *testing.T) {
	for _, c := range []struct{ name, one, other, want string }{
		{
			"a value twice",
			`shop: {podSelector: {matchLabels: {app: web}}}`,
			`shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, web]}]}}`, ``,
		},
		{
			"two values",
			`shop: {podSelector: {matchLabels: {app: web}}}`,
			`shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}}`,
			`isolated by p0, which nothing declares, e.g. a pod {app: api} of namespace shop`,
		},
		{
			"requirements that leave one value",
			`shop: {podSelector: {matchLabels: {app: web}}}`,
			`shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}, {key: app, operator: NotIn, values: [api]}]}}`, ``,
		},
		{
			"a requirement that follows from another",
			`shop: {podSelector: {matchLabels: {app: web}}}`,
			`shop: {podSelector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: Exists}]}}`, ``,
		},
		{
			"subjects that are together another",
			`shop: {podSelector: {}}`,
			"shop: {podSelector: {matchExpressions: [{key: app, operator: Exists}]}}\nshop: {podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}", ``,
		},
		{
			"subjects that are nearly another",
			`shop: {podSelector: {}}`,
			"shop: {podSelector: {matchExpressions: [{key: app, operator: Exists}]}}\nshop: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [x]}, {key: app, operator: Exists}]}}",
			`not isolated by any policy, declared by p0, e.g. a pod {} of namespace shop`,
		},
		{
			"a subject that contradicts itself",
			``,
			`shop: {podSelector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: DoesNotExist}]}, ingress: [{}]}`, ``,
		},
		{
			"a rule split in two by ports",
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}, {port: 443}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 443}]}, {from: [{podSelector: {}}], ports: [{port: 80}]}]}`, ``,
		},
		{
			"a rule split in two by labels",
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [x]}]}}, {podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [x]}]}}], ports: [{port: 80}]}]}`, ``,
		},
		{
			"a rule split in two by other labels",
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [x]}]}}, {podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [x, z]}]}}], ports: [{port: 80}]}]}`,
			`ports 80 are not open, declared by p0, e.g. a pod {a: z} of namespace shop to a pod {} of namespace shop:80`,
		},
		{
			"a protocol and all of its ports",
			`shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]}`, ``,
		},
		{
			"a protocol and all of its ports but one",
			`shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{port: 2, endPort: 65535}]}]}`, `any: ports 1 are not open, declared by p0, e.g. a pod {} of namespace other to a pod {} of namespace shop:1`,
		},
		{
			"protocols and all ports, of which some have other protocols",
			`shop: {podSelector: {}, ingress: [{}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]}]}`, `ports other protocols are not open, declared by p0, e.g. a pod {} of namespace other to a pod {} of namespace shop by other protocols`,
		},
		{
			"an entry that a wider one with another text has",
			`shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}, ingress: [{ports: [{port: 80}]}]}`,
			"shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}, ingress: [{ports: [{port: 80}]}]}\nshop: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {x: z}}}], ports: [{port: 80}]}]}", ``,
		},
		{
			"an entry that a wider one has not",
			`shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}, ingress: [{ports: [{port: 80}]}]}`,
			"shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}, ingress: [{ports: [{port: 80}]}]}\nshop: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {x: z}}}], ports: [{port: 80, endPort: 81}]}]}",
			`ports 81 are open by p1, which nothing declares, e.g. a pod {x: z} of namespace shop to a pod {app: web} of namespace shop:81`,
		},
		{
			"no namespaceSelector, and one by the name of the own namespace",
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, shop]}]}}]}]}`, ``,
		},
		{
			"every namespace has a name",
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}]}]}`, ``,
		},
		{
			"a namespace has one set of labels",
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}, {namespaceSelector: {matchLabels: {team: x, kubernetes.io/metadata.name: shop}}}]}]}`, ``,
		},
		{
			"every namespace but one",
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [jobs]}]}}]}]}`,
			`are not open, declared by p0, e.g. a pod {} of namespace jobs to a pod {} of namespace shop:1`,
		},
		{
			"everyone is every pod and every address",
			`shop: {podSelector: {}, egress: [{ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: "::/0"}}], ports: [{port: 443}]}]}`, ``,
		},
		{
			"every pod and every address of one family",
			`shop: {podSelector: {}, egress: [{ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]}`,
			`any: ports 443 are not open, declared by p0, e.g. a pod {} of namespace shop to [::]:443`,
		},
		{
			"an except written as blocks",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.128.0.0/9]}}], ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/10}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 10.64.0.0/10}}], ports: [{port: 443}]}]}`, ``,
		},
		{
			"an except written as blocks, which differ by other ports",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.128.0.0/9]}}], ports: [{port: 80}, {port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/10}}], ports: [{port: 443}, {port: 80}]}, {to: [{ipBlock: {cidr: 10.64.0.0/10}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 10.64.0.0/11}}, {ipBlock: {cidr: 10.96.0.0/11}}], ports: [{port: 80}]}]}`, ``,
		},
		{
			"blocks that have their ports each, and both all",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/9}}], ports: [{port: 80}]}, {to: [{ipBlock: {cidr: 10.128.0.0/9}}], ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: 443}]}]}`,
			`addresses 10.0.0.0-10.255.255.255 ports 80,443 are open by p0, which nothing declares, e.g. a pod {} of namespace shop to 10.0.0.0:443`,
		},
		{
			"an except that is lost",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.3.0.0/16]}}], ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 443}]}]}`,
			`addresses 10.1.0.0-10.1.255.255 10.3.0.0-10.3.255.255 ports 443 are open by p0, which nothing declares, e.g. a pod {} of namespace shop to 10.1.0.0:443`,
		},
		{
			"ranges that are lost, in one line",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 443}]}]}`,
			`shop: {podSelector: {}, policyTypes: [Ingress, Egress]}`,
			`addresses 10.0.0.0-10.0.255.255 10.2.0.0-10.255.255.255 ports 443 are not open, declared by p0, e.g. a pod {} of namespace shop to 10.0.0.0:443`,
		},
		{
			"addresses that send",
			`shop: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 53, protocol: UDP}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/9}}], ports: [{port: 53, protocol: UDP}]}]}`,
			`addresses 10.128.0.0-10.255.255.255 ports 53/udp are not open, declared by p0, e.g. 10.128.0.0 to a pod {} of namespace shop:53/udp`,
		},
		{
			"a name of a port, and all ports of its protocol",
			`shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}, {port: http}]}]}`, ``,
		},
		{
			"a name of a port, and all ports of its protocol from others",
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP}]}, {ports: [{port: http}]}]}`,
			`any on the port named http: ports */tcp are open by p0, which nothing declares, e.g. a pod {} of namespace other to a pod {} of namespace shop:1, which it calls http/tcp`,
		},
		{
			"a name of a port, and its usual number",
			`shop: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`, `any on the port named http`,
		},
		{
			"names of ports of two protocols",
			`shop: {podSelector: {}, ingress: [{ports: [{port: dns}]}]}`,
			`shop: {podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}`, `any on the port named dns/udp`,
		},
		{
			"an address calls no port by a name",
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}]}`,
			`shop: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: http}]}]}`, ``,
		},
		{
			"an address reaches a port by its name",
			`shop: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}]}`,
			`shop: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: http}]}]}`, `10.0.0.0-10.255.255.255 on the port named http: ports`,
		},
		{
			"pods that are open to everyone are isolated all the same",
			``,
			`shop: {podSelector: {}, ingress: [{}]}`, `isolated by p0, which nothing declares, e.g. a pod {} of namespace shop`,
		},
		{
			"two directions in two policies",
			`shop: {podSelector: {}, ingress: [{}], egress: [{}]}`,
			"shop: {podSelector: {}, policyTypes: [Egress], egress: [{}]}\nshop: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}", ``,
		},
		{
			"the other direction",
			`shop: {podSelector: {}, policyTypes: [Egress]}`,
			`shop: {podSelector: {}, policyTypes: [Ingress]}`, `every pod, egress: not isolated by any policy`,
		},
		{
			"what is open in the other direction",
			`shop: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}]}`,
			`shop: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{podSelector: {}}]}]}`, `egress: every pod in namespaces kubernetes.io/metadata.name In (shop): ports * are open by p0`,
		},
		{
			"another namespace",
			`shop: {podSelector: {}}`,
			`store: {podSelector: {}}`, `namespace shop, every pod, ingress: not isolated by any policy`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := strings.Join(prove.PolicyDifferences(specs(t, c.other), specs(t, c.one)), "\n")
			want := c.want
			if (want == "") != (found == "") || !strings.Contains(found, want) {
				t.Errorf("the differences are:\n%s\nand not:\n%s", found, want)
			}
			back := prove.PolicyDifferences(specs(t, c.one), specs(t, c.other))
			if (want == "") != (len(back) == 0) {
				t.Errorf("the other way round, the differences are: %v", back)
			}
		})
	}
}

// TestUndecided compares policies of which only an exhaustive search can say that they mean the same: pigeons in holes.
func TestUndecided(t *testing.T) {
	const pigeons = 10
	var one, other strings.Builder
	var holes, all []string
	for hole := range pigeons - 1 {
		holes = append(holes, fmt.Sprintf("h%d", hole))
	}
	for pigeon := range pigeons {
		all = append(all, fmt.Sprintf("{key: p%d, operator: In, values: [%s]}", pigeon, strings.Join(holes, ", ")))
		for before := range pigeon {
			for _, hole := range holes {
				fmt.Fprintf(&other, "shop: {podSelector: {matchLabels: {p%d: %s, p%d: %s}}}\n", before, hole, pigeon, hole)
			}
		}
	}
	fmt.Fprintf(&one, "%sshop: {podSelector: {matchExpressions: [%s]}}\n", other.String(), strings.Join(all, ", "))
	found := prove.PolicyDifferences(specs(t, one.String()), specs(t, other.String()))
	if len(found) != 1 || !strings.Contains(found[0], "which nothing declares, as far as could be found out: the question was too large") {
		t.Errorf("the differences are: %v", found)
	}
}
