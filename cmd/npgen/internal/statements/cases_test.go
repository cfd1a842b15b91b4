package statements

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// policiesOfLines reads policies in short: each line is a name, a namespace and a spec.
func policiesOfLines(t *testing.T, text string) (policies []networkingv1.NetworkPolicy, stream string) {
	t.Helper()
	var documents []string
	for line := range strings.Lines(text) {
		head, spec, found := strings.Cut(strings.TrimSpace(line), ": ")
		if !found {
			continue
		}
		namespace, name, _ := strings.Cut(head, "/")
		document := fmt.Sprintf("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: %s, name: %s}, spec: %s}\n", namespace, name, spec)
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(document), &p); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		policies, documents = append(policies, p), append(documents, document)
	}
	return policies, strings.Join(documents, "---\n")
}

const deployment = `
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: %s}
spec: {selector: {matchLabels: &l {%s}}, template: {metadata: {labels: *l}, spec: {containers: [{name: c, image: i}]}}}
`

// severalEntries is namespaces by labels, of which one namespace may be several, and one by name.
const severalEntries = `namespaces: {
	calm: expressions: [{key: "tenant", operator: "DoesNotExist"}]
	quiet: expressions: [{key: "team", operator: "NotIn", values: ["x"]}]
	gold: labels: tenant: "gold"
	silver: labels: grade: "silver"
	jobs: owned: false
}`

// TestDiffCases holds diff to cases that were wrong once.
func TestDiffCases(t *testing.T) {
	db := func(from string) string {
		return `shop/db: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [` + from + `]}]}` + "\n"
	}
	subject := func(labels string) string { return `shop/deny: {podSelector: {` + labels + `}}` + "\n" }
	web := fmt.Sprintf(deployment, "web", "app: web, tier: front") + fmt.Sprintf(deployment, "db", "app: db")
	allowAll := `shop/all: {podSelector: {}, ingress: [{}]}` + "\n"
	order := []string{
		`shop/p: {podSelector: {matchLabels: {name: p, part: x}}, ingress: [{from: [{podSelector: {matchLabels: {name: g}}}]}]}` + "\n",
		`shop/g: {podSelector: {matchLabels: {name: g, part: x}}, ingress: [{from: [{podSelector: {matchLabels: {name: p}}}]}]}` + "\n",
	}
	for _, c := range []struct{ name, before, after, objects string }{
		{"a peer's label dropped, the pod has both", db(`{podSelector: {matchLabels: {app: web, tier: front}}}`), db(`{podSelector: {matchLabels: {tier: front}}}`), web},
		{"a subject's label added", subject(`matchLabels: {app: db}`), subject(`matchLabels: {app: db, role: primary}`), web},
		{"NotIn becomes {}", db(`{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [evil]}]}}`), db(`{podSelector: {}}`), web},
		{"namespaces by name where there was a deny", subject(`matchLabels: {app: db}`), db(`{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [monitoring, logging]}]}}`), ""},
		{"a namespaceSelector {} where there was none", db(`{podSelector: {}}`), db(`{podSelector: {}, namespaceSelector: {}}`), ""},
		{"a namespaceSelector becomes {}", db(`{namespaceSelector: {matchLabels: {tenant: gold}}}`), db(`{namespaceSelector: {}}`), ""},
		{"a value more for a namespace", db(`{namespaceSelector: {matchExpressions: [{key: t, operator: In, values: [gold]}]}}`), db(`{namespaceSelector: {matchExpressions: [{key: t, operator: In, values: [gold, silver]}]}}`), ""},
		{"a port name without pods", `shop/a: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`, `shop/a: {podSelector: {}, ingress: [{ports: [{port: metrics}]}]}`, ""},
		{"a port name is gone", `shop/a: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`, `shop/a: {podSelector: {}}`, ""},
		{"all of TCP is 1-65535", `shop/a: {podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`, `shop/a: {podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]}`, ""},
		{"a value twice is a label", db(`{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, web]}]}}`), db(`{podSelector: {matchLabels: {app: web}}}`), ""},
		{"documents in another order", order[0] + order[1], order[1] + order[0], ""},
		{"a subject with a value more", subject(`matchExpressions: [{key: app, operator: In, values: [postgres]}]`), subject(`matchExpressions: [{key: app, operator: In, values: [postgres, extra]}]`), ""},
		{"a subject widened while an allow-all stays", subject(`matchLabels: {app: db}`) + allowAll, subject(``) + allowAll, ""},
		{"a subject widened while only its own pods are let in", subject(`matchLabels: {app: db}`), subject(``), ""},
		{
			"a peer widened that the other half limits",
			db(`{podSelector: {matchLabels: {app: web}}}`) + `shop/out: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, policyTypes: [Egress]}`,
			db(`{podSelector: {}}`) + `shop/out: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, policyTypes: [Egress]}`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			before, old := policiesOfLines(t, c.before)
			after, new := policiesOfLines(t, c.after)
			a := npgen("diff", write(t, dir, "before.yaml", old+c.objects), write(t, dir, "after.yaml", new+c.objects), "--format", "json")
			_, found, err := judgeDiff(a, side{policies: before}, side{policies: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range found {
				t.Errorf("%s: %s", w.statement, w.says)
			}
		})
	}
}

// TestOrder shows that the order of documents changes no answer of list, and that a pair has one row.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	p := `shop/p: {podSelector: {matchLabels: {name: p, part: x}}, ingress: [{from: [{podSelector: {matchLabels: {name: g}}}]}]}` + "\n"
	g := `shop/g: {podSelector: {matchLabels: {name: g, part: x}}, ingress: [{from: [{podSelector: {matchLabels: {name: p}}}]}]}` + "\n"
	_, first := policiesOfLines(t, p+g)
	_, second := policiesOfLines(t, g+p)
	a := npgen("list", write(t, dir, "first.yaml", first))
	b := npgen("list", write(t, dir, "second.yaml", second))
	if a.out != b.out || a.status != 0 {
		t.Errorf("exit status %d: %s\nthe rows are\n%s\nand in the other order\n%s", a.status, a.err, a.out, b.out)
	}
}

// wanted is what a line of a package says of itself.
var wanted = regexp.MustCompile(`// (holds|warning|error)$`)

// TestPackageCases holds guardrails, claims and grants to cases that were wrong once. The answer that is right stands
// behind each; of others nothing is asked.
func TestPackageCases(t *testing.T) {
	for name, c := range map[string]struct{ command, rule, source string }{
		"6, everywhere": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: everywhere: labels: {}
workloads: {web: {}, db: {}, "everywhere/agent": {}}
allow: ["web -> db:5432"]
forbid: [
	"web -> everywhere/*:5432", // error
	"web -> everywhere/agent:80", // holds
]`},
		"6, a claim of everywhere": {"test", "test-fails", `
namespace: "shop"
namespaces: everywhere: labels: {}
workloads: {web: {}, db: {}}
allow: ["web -> db:5432"]
tests: deny: [
	"everywhere/* -> db:5432", // error
	"everywhere/* -> db:80", // holds
]`},
		"6, from everywhere into the own namespace": {"vet", "forbidden-flow", `
namespace: "shop"
isolate: "ingress"
namespaces: everywhere: labels: {}
workloads: {db: {}, "everywhere/agent": {}}
allow: ["everywhere/agent -> db:5432"]
forbid: [
	"* -> db:*", // error
]`},
		"7, DNS": {"vet", "forbidden-flow", `
namespace: "shop"
workloads: db: dns: true
forbid: [
	"db -> any:*", // error
]`},
		"8, a pod of two workloads": {"vet", "forbidden-flow", `
namespace: "shop"
workloads: {web: {}, batch: labels: tier: "batch", db: {}}
allow: ["batch -> db:5432"]
forbid: [
	"web -> db:*", // warning
]`},
		"9, labels of a namespace that nobody stated": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: {tenants: labels: tenant: "true", jobs: owned: false}
workloads: db: {}
allow: ["tenants/* -> db:5432"]
forbid: [
	"jobs/* -> db:*", // warning
]`},
		// A namespace without labels carries none that nobody stated, also where it is declared by its name and is of two
		// entries; one of any other name that would be of two is not one that anybody declares.
		"a namespace by name that two entries select": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: known: {owned: false, knownLabels: {tenant: "gold", grade: "silver"}}
` + severalEntries + `
workloads: db: {}
allow: ["calm/* -> db:5432"]
forbid: [
	"quiet/* -> db:5432", // error
	"jobs/* -> db:5432", // error
	"gold/* -> db:5432", // holds
]`},
		"a namespace by name that two entries select, claims": {"test", "test-fails", `
namespace: "shop"
namespaces: known: {owned: false, knownLabels: {tenant: "gold", grade: "silver"}}
` + severalEntries + `
workloads: db: {}
allow: ["calm/* -> db:5432"]
tests: deny: [
	"quiet/* -> db:5432", // error
	"jobs/* -> db:5432", // error
	"gold/* -> db:5432", // holds
]`},
		"a namespace that two entries would select": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: known: {owned: false, knownLabels: {tenant: "gold", grade: "silver"}}
` + severalEntries + `
workloads: db: {}
isolate: "ingress"
allow: ["gold/* -> db:5432"]
forbid: [
	"silver/* -> db:5432", // error
	"jobs/* -> db:5432", // warning
]`},
		"a namespace that two entries would select, none known": {"vet", "forbidden-flow", `
namespace: "shop"
` + severalEntries + `
workloads: db: {}
allow: ["gold/* -> db:5432"]
forbid: [
	"silver/* -> db:5432", // warning
]`},
		"10, selectors that overlap": {"test", "test-fails", `
namespace: "shop"
workloads: {
	jobs: {labels: {}, expressions: [{key: "job", operator: "In", values: ["a", "b"]}]}
	special: labels: job: "b"
	db: {}
}
allow: ["special -> db:5432"]
tests: deny: [
	"jobs -> db:5432", // error
]`},
		"10, sources without a label": {"test", "test-fails", `
namespace: "shop"
workloads: {
	calm: {labels: {}, expressions: [{key: "quarantine", operator: "DoesNotExist"}]}
	db: {}
}
allow: ["calm -> db:5432"]
tests: allow: [
	"* -> db:5432", // error
	"calm -> db:5432", // holds
]`},
		"from anywhere into one namespace": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: {data: {}, tenants: labels: tenant: "true"}
workloads: {web: {}, db: {}, api: {}, cache: {}, queue: {}}
allow: [
	{from: "web", to: "db", ports: ["5432"], half: "ingress"}, {from: "web", to: "*/*", ports: ["5432"], half: "egress"},
	{from: "web", to: "api", ports: ["80"], half: "ingress"}, {from: "web", to: "any", ports: ["80"], half: "egress"},
	{from: "web", to: "cache", ports: ["6379"], half: "ingress"}, {from: "web", to: "tenants/*", ports: ["6379"], half: "egress"},
	{from: "web", to: "queue", ports: ["5672"], half: "ingress"}, {from: "web", to: "data/*", ports: ["5672"], half: "egress"},
]
forbid: [
	"*/* -> db:5432", // error
	"*/* -> db:80", // holds
	"*/* -> api:80", // error
	"*/* -> cache:6379", // warning
	"*/* -> queue:5672", // holds
]`},
		"from anywhere but other namespaces to addresses": {"vet", "forbidden-flow", `
namespace: "shop"
namespaces: others: {labels: {}, expressions: [{key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["shop"]}]}
dns: cidrs: ["169.254.20.10/32"]
workloads: {web: dns: true, db: {}}
allow: ["db -> any:443"]
forbid: [
	{from: "*/*", to: "169.254.20.10/32", ports: ["53/udp"], except: ["others/*"]}, // error
	{from: "*/*", to: "169.254.20.10/32", ports: ["443"], except: ["others/*"]}, // error
	{from: "*/*", to: "169.254.20.10/32", ports: ["80"], except: ["others/*"]}, // holds
]`},
		"known labels beside one of any value": {"vet", "forbidden-flow", `
namespace: "shop"
workloads: {
	calm: {labels: app: "calm", expressions: [{key: "team", operator: "Exists"}], knownLabels: {}}
	db: {}
}
allow: ["calm -> db:5432"]
forbid: [
	"calm -> db:5432", // error
	"calm -> db:80", // holds
]`},
		"known labels of the workload that selects the other's pods": {"vet", "forbidden-flow", `
namespace: "shop"
workloads: {
	web: {}
	front: {labels: {}, expressions: [{key: "app", operator: "In", values: ["front", "web"]}], knownLabels: {}}
	db: {}
}
allow: ["web -> db:5432"]
forbid: [
	"web -> db:5432", // error
	"web -> db:80", // holds
]`},
		"known labels beside one of any value, a claim": {"test", "test-fails", `
namespace: "shop"
workloads: {
	calm: {labels: app: "calm", expressions: [{key: "team", operator: "Exists"}], knownLabels: {}}
	db: {}
}
allow: ["calm -> db:5432"]
tests: deny: [
	"calm -> db:5432", // error
	"calm -> db:80", // holds
]`},
		"known labels of the workload that selects the other's pods, a claim": {"test", "test-fails", `
namespace: "shop"
workloads: {
	web: {}
	front: {labels: {}, expressions: [{key: "app", operator: "In", values: ["front", "web"]}], knownLabels: {}}
	db: {}
}
allow: ["web -> db:5432"]
tests: deny: [
	"web -> db:5432", // error
	"web -> db:80", // holds
]`},
	} {
		t.Run(name, func(t *testing.T) {
			source := "package policy\n" + c.source + "\n"
			a := npgen(c.command, write(t, t.TempDir(), "policy.cue", source), "--format", "json")
			all, err := findings(a.err)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(source, "\n") {
				m := wanted.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				said := "holds"
				for _, f := range all {
					if f.Rule == c.rule && f.Line == i+1 {
						said = f.Severity
					}
				}
				if said != m[1] {
					t.Errorf("%s: npgen says %s", strings.TrimSpace(line), said)
				}
			}
			if slices.ContainsFunc(all, func(f finding) bool { return f.Severity == "error" && f.Rule != c.rule }) {
				t.Errorf("the package has other errors: %+v", all)
			}
		})
	}
}

// TestGrantCases holds grants to the owner's edges that emit nothing, and to workloads that only others declare.
func TestGrantCases(t *testing.T) {
	for name, c := range map[string][2]string{
		"12, the owner's edge emits nothing": {`
namespace: "pay"
isolate: "none"
deny: "workload"
workloads: {front: labels: tier: "pay", vault: {labels: {tier: "pay", app: "vault"}, isolate: "ingress"}}
allow: ["any -> front:80"]
grant: []`, `
namespace: "shop"
workloads: spy: {}
allow: ["spy -> pay/vault:80"]`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pay := filepath.Dir(write(t, dir, "pay/policy.cue", "package pay\n"+c[0]+"\n"))
			shop := filepath.Dir(write(t, dir, "shop/policy.cue", "package shop\n"+c[1]+"\n"))
			if a := npgen("vet", pay, shop); !strings.Contains(a.err, "[not-granted]") {
				t.Errorf("npgen says %s", a.err)
			}
		})
	}
}
