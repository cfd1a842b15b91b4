//go:build linux

package packets

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

const shop = `package policy

namespace: "shop"
deny:      "workload"
workloads: {
	web: isolate: "egress"
	api: {isolate: "both", ports: http: 8080}
	db: {isolate: "ingress", ports: sql: 5432}
}
allow: [
	"web -> api",
	"api -> db", // removed
	"web -> db",
]
output: grouping: "edge"
`

const audit = `package policy

namespace: "shop"
deny:      "workload"
workloads: auditor: {isolate: "ingress", ports: http: 8080}
external: office: {cidrs: ["203.0.113.0/24"]}
allow: ["office -> auditor"]
output: name: "audit"
`

// prune applies a folder with the command of the README, removes an edge, and sees its flow close with the objects of
// another package untouched.
func (b *bench) prune(t *testing.T) {
	s := b.set(t, scenario{
		name:  "prune",
		pods:  []cluster.Pod{pod("shop/web"), pod("shop/api"), pod("shop/db"), pod("shop/auditor"), dns()},
		ports: []string{"8080", "5432", "53/udp"},
	})
	dir := t.TempDir()
	build := func(name, cue string) {
		t.Helper()
		tool.Write(t, dir, map[string]string{name + "/policy.cue": cue})
		s.run("", "build", "-q", filepath.Join(dir, name), "-o", filepath.Join(dir, "deploy", map[string]string{"shop": "policies", "audit": "audit"}[name]))
	}
	command := documented(t, filepath.Join(b.root, "README.md"))
	plain := command[:slices.Index(command, "--prune")]
	kubectl := func(args []string) error {
		_, err := s.Kubectl(dir, "", args[1:]...)
		return err
	}
	apply := func(step, command string, want matrix, args []string, byHand ...string) {
		t.Helper()
		took := s.change(want, func() error { return kubectl(args) })
		s.check(step+command, want, took)
		s.holds(byHand...)
	}
	listed := func() matrix {
		t.Helper()
		return s.list("", filepath.Join(dir, "deploy"))
	}

	build("shop", shop)
	build("audit", audit)
	if err := kubectl([]string{"kubectl", "apply", "-k", "deploy/audit"}); err != nil {
		t.Fatal(err)
	}
	apply("two packages", ", as documented", listed(), command,
		"shop/web -> shop/api:8080", "shop/api -> shop/db:5432", "shop/web -> shop/db:5432", "!shop/auditor -> shop/db:5432",
		"!shop/web -> shop/auditor:8080", "!shop/db -> shop/auditor:8080")
	before, others := s.seen, ofPackage(s.policies(), "audit")
	if len(others) == 0 {
		t.Fatal("the other package has no objects")
	}

	build("shop", strings.ReplaceAll(shop, "\t\"api -> db\", // removed\n", ""))
	apply("edge removed", ", applied alone: stays open", before, plain, "shop/api -> shop/db:5432")
	apply("edge removed", ", as documented", listed(), command,
		"!shop/api -> shop/db:5432", "shop/web -> shop/api:8080", "shop/web -> shop/db:5432", "!shop/web -> shop/auditor:8080")
	for name, version := range others {
		if now := ofPackage(s.policies(), "audit")[name]; now != version {
			t.Errorf("%s of the other package: version %q, was %q", name, now, version)
		}
	}
	if left := names(ofPackage(s.policies(), "shop")); slices.Contains(left, "db-allow-from-api") || len(left) == 0 {
		t.Errorf("left of the package: %v", left)
	}
}

// documented returns the command of a page that applies a folder and prunes.
func documented(t *testing.T, page string) []string {
	t.Helper()
	for line := range strings.Lines(tool.Read(t, page)) {
		if strings.HasPrefix(line, "kubectl apply -k") && strings.Contains(line, " --prune ") {
			return strings.Fields(line)
		}
	}
	t.Fatalf("%s has no command that applies and prunes", page)
	return nil
}

// ofPackage returns the versions of a package's objects by name.
func ofPackage(policies []networkingv1.NetworkPolicy, name string) map[string]string {
	out := map[string]string{}
	for _, p := range policies {
		if p.Labels["npgen.dev/package"] == name {
			out[p.Name] = string(p.UID) + " " + p.ResourceVersion
		}
	}
	return out
}

func names(m map[string]string) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
