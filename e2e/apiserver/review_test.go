package apiserver

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/tool"
)

// refused is what is wrong with a policy on its own, by the rules of `npgen review`.
var refused = regexp.MustCompile(`: error: .* \[(invalid-policy|api-version|invalid-cidr|placeholder-cidr|except-outside)\]`)

// hostBits are refused since Kubernetes 1.36 (StrictIPCIDRValidation), and taken before.
var hostBits = regexp.MustCompile(`: warning: .* has bits set behind its mask .*\[invalid-cidr\]`)

// TestReview holds what `npgen review` says an API server refuses to what the server's code refuses, form by form.
func TestReview(t *testing.T) {
	tool.Setup(t)
	dir := t.TempDir()
	for _, spec := range specs() {
		policy := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n" + spec + "\n"
		if !strings.HasPrefix(spec, "spec") {
			policy = spec + "\n"
		}
		tool.Write(t, dir, map[string]string{"p.yaml": policy})
		_, talk, status := tool.Try(t, dir, "npgen", "review", "p.yaml")
		said := refused.MatchString(talk) || hostBits.MatchString(talk)
		// kubectl makes JSON of it, in which of two keys the last counts.
		sent, err := yaml.YAMLToJSON([]byte(policy))
		if err != nil {
			t.Fatal(err)
		}
		if faults := refusals(sent); (len(faults) > 0) != said || status > 1 {
			t.Errorf("%s\nnpgen says (status %d):\n%s\nthe server's code says:\n%s", policy, status, talk, strings.Join(faults, "\n"))
		}
	}
}

// refusals returns what Judge finds without what it says of defaults and warnings.
func refusals(policy []byte) []string {
	var out []string
	_, faults := Judge(policy)
	for _, f := range faults {
		if strings.Contains(f, "decoding:") || strings.Contains(f, "validation:") || strings.Contains(f, "conversion:") {
			out = append(out, f)
		}
	}
	return out
}

// specs are policies that a server takes, and such as it refuses for one reason each.
func specs() []string {
	var out []string
	for _, x := range []string{
		"{}", "{podSelector: {}}", "{podSelector: null, policyTypes: null, ingress: null, egress: null}",
		"{podSelector: {}, policyTypes: []}", "{podSelector: {}, policyTypes: [Ingress, Egress]}", "{podSelector: {}, policyTypes: [Ingress, Ingress]}",
		"{podSelector: {}, policyTypes: [Ingress, Egress, Egress]}", "{podSelector: {}, policyTypes: [ingress]}", `{podSelector: {}, policyTypes: [""]}`,
		"{podSelector: {}, policyTypes: Ingress}", "{podSelector: {}, policyType: [Ingress]}", "{podselector: {}}", "{podSelector: []}", "{podSelector: app}",
		"{podSelector: {}, podSelector: {}}", "{podSelector: {}, ingress: {}}", "{podSelector: {}, ingress: [null]}", "{podSelector: {}, ingress: [[]]}",
	} {
		out = append(out, "spec: "+x)
	}
	for _, x := range []string{
		"matchLabels: {app: api}", "matchLabels: {app: ''}", "matchLabels: {app: null}", "matchLabels: {app: 1}", "matchLabels: {app: true}", "matchLabels: {1: a}",
		"matchLabels: {'a b': c}", "matchLabels: {'': c}", "matchLabels: {a/b/c: d}", "matchLabels: {example.com/a: b}", "matchLabels: {Example.com/a: b}",
		"matchLabels: {a: -b}", "matchLabels: {a: b_c.d}", "matchLabels: {a: 2026-01-01}", "matchLabels: [a]", "matchLabels: null", "matchLabel: {a: b}", "app: api",
		"matchExpressions: [{key: a, operator: In, values: [b]}]", "matchExpressions: [{key: a, operator: In, values: []}]",
		"matchExpressions: [{key: a, operator: NotIn}]", "matchExpressions: [{key: a, operator: Exists}]", "matchExpressions: [{key: a, operator: Exists, values: []}]",
		"matchExpressions: [{key: a, operator: Exists, values: [b]}]", "matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]",
		"matchExpressions: [{key: a, operator: in, values: [b]}]", "matchExpressions: [{key: a, values: [b]}]", "matchExpressions: [{operator: Exists}]",
		"matchExpressions: [{key: a, operator: In, values: ['b c']}]", "matchExpressions: [{key: a, operator: In, values: [1]}]", "matchExpressions: {key: a}",
		"matchExpressions: [{key: a, operator: In, value: b}]", "matchExpressions: [{key: '$', operator: Exists}]",
	} {
		out = append(out, "spec: {podSelector: {"+x+"}}", "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {"+x+"}}]}]}")
	}
	for _, x := range []string{
		"port: 80", "port: 0", "port: 65535", "port: 65536", "port: -1", "port: '80'", "port: http", "port: HTTP", "port: a--b", "port: '-a'", "port: '80-90'", "port: ''",
		"port: 12345678901234567890", "port: 8.5", "port: true", "port: [80]", "port: null", "port: averylongportname", "port: 0x50",
		"port: 80, endPort: 90", "port: 80, endPort: 80", "port: 90, endPort: 80", "port: 80, endPort: 65536", "port: 80, endPort: '90'", "port: http, endPort: 80",
		"endPort: 80", "port: 80, endPort: 0", "port: 80, protocol: UDP", "port: 80, protocol: udp", "port: 80, protocol: ICMP", "port: 80, protocol: ''", "protocol: SCTP",
		"protocol: 6", "port: 80, portocol: TCP", "port: 80, name: http",
	} {
		out = append(out, "spec: {podSelector: {}, egress: [{ports: [{"+x+"}]}]}")
	}
	for _, x := range []string{
		"{}", "null", "{podSelector: {}}", "{podSelector: null}", "{namespaceSelector: {}, podSelector: {}}", "{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}",
		"{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}", "{ipBlock: {}}", "{ipBlock: null}", "{ipBlock: {cidr: ''}}", "{ipBlock: {cidr: 10.0.0.1}}", "{ipBlock: {cidr: 10.0.0.1/8}}",
		"{ipBlock: {cidr: 10.0.0.0/33}}", "{ipBlock: {cidr: <cidr>}}", "{ipBlock: {cidr: x.x.x.x/32}}", "{ipBlock: {cidr: 0.0.0.0/0}}", "{ipBlock: {cidr: '::/0'}}",
		"{ipBlock: {cidr: '[::]/0'}}", "{ipBlock: {cidr: 'fe80::1%eth0/64'}}", "{ipBlock: {cidr: 10.0.0.0/+8}}", "{ipBlock: {cidr: ' 10.0.0.0/8'}}",
		"{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}", "{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}", "{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}",
		"{ipBlock: {cidr: 10.0.0.0/8, except: ['::/1']}}", "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3]}}", "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3/16]}}",
		"{ipBlock: {cidr: 10.0.0.7/8, except: [10.1.0.0/16]}}", "{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}", "{ipBlock: {cidr: 10.0.0.0/8, except: []}}",
		"{ipBlock: {cidr: 10.0.0.0/8, excepts: []}}", "{ipBlock: 10.0.0.0/8}", "{cidr: 10.0.0.0/8}", "{podSelector: {}, ports: [{port: 80}]}", "{from: []}",
	} {
		out = append(out, "spec: {podSelector: {}, ingress: [{from: ["+x+"]}]}")
	}
	const version = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
	return append(
		out,
		version+"metadata: {name: p, namespace: shop}", version+"metadata: {name: p, namespace: shop}\nspec:", version+"metadata: {name: P, namespace: shop}\nspec: {podSelector: {}}",
		version+"metadata: {name: p, namespace: Shop}\nspec: {podSelector: {}}", version+"metadata: {namespace: shop}\nspec: {podSelector: {}}",
		version+"metadata: {name: p, namespace: shop, label: {a: b}}\nspec: {podSelector: {}}", version+"metadata: {name: p, namespace: shop, labels: {a: 1}}\nspec: {podSelector: {}}",
		version+"metadata: {name: p, namespace: shop, annotations: {a: true}}\nspec: {podSelector: {}}", version+"metadata: {name: p, namespace: shop, labels: {'a b': c}}\nspec: {podSelector: {}}",
		version+"metadata: {name: p, namespace: shop, labels: {a: 'b c'}}\nspec: {podSelector: {}}", version+"metadata: {name: p, namespace: shop, annotations: {'a b': c}}\nspec: {podSelector: {}}",
		version+"metadata: {name: p, namespace: shop}\nspec: {podSelector: {}}\nrules: []",
		version+"metadata: {name: 7, namespace: shop}\nspec: {podSelector: {}}", version+"spec: {podSelector: {}}",
		"apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}",
		"apiVersion: networking.k8s.io/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}",
		"apiVersion: v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}",
		"kind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}",
		"apiVersion: networking.k8s.io/v1\nkind: networkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}",
	)
}
