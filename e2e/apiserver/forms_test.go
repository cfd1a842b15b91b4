package apiserver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// world declares something behind every form of peer.
const world = `package policy

namespace: "shop"
namespaces: {
	pay: isolate: "both"
	monitoring: owned: false
	labelled: labels: {"example.com/team": "a", env: ""}
	expressed: expressions: [
		{key: "env", operator: "In", values: ["prod", "stage", ""]},
		{key: "team", operator: "NotIn", values: ["x"]},
		{key: "zone", operator: "Exists"},
		{key: "old", operator: "DoesNotExist"},
	]
	everywhere: labels: {}
}
workloads: {
	api: ports: {http: 8080, dns: "53/udp", sig: "3868/sctp", range: "9000-9010", "range-udp": "10000-20000/udp"}
	web: {labels: {"app.kubernetes.io/name": "web", tier: ""}, ports: http: 80}
	odd: {labels: {}, ports: http: 80, expressions: [
		{key: "app", operator: "In", values: ["odd", "even"]},
		{key: "example.com/skip", operator: "NotIn", values: ["true", ""]},
		{key: "job", operator: "Exists"},
		{key: "job-name", operator: "DoesNotExist", values: []},
	]}
	"pay/db": ports: http: 5432
	"monitoring/prometheus": ports: http: 9090
	"labelled/agent": ports: http: 80
	"expressed/agent": ports: http: 80
	"0": ports: http: 80
}
external: {
	partner: {cidrs: ["203.0.113.0/24", "198.51.100.7/32"], except: ["203.0.113.128/25", "203.0.113.1/32"], ports: http: 443}
	six: {cidrs: ["2001:db8::/32", "2001:db8:1::/48"], except: ["2001:db8:ffff::/48"], ports: http: 443}
	both: {cidrs: ["0.0.0.0/0", "::/0"], except: ["10.0.0.0/8", "fc00::/7"], ports: http: 443}
}
groups: {
	pods: ["api", "pay/db"]
	nested: ["pods", "web"]
	out: ["partner", "[2001:db8:2::/48]"]
}
apiserver: {cidrs: ["10.0.0.1/32", "2001:db8::1/128"], ports: [443, 6443]}
internet: except: ["8.8.8.0/24", "2001:4860::/32"]
`

// pods are the peers that are pods, outside those that are not.
func pods() []string {
	return []string{
		"web", "pay/db", "odd", "monitoring/prometheus", "monitoring/*", "labelled/agent", "labelled/*", "expressed/agent",
		"expressed/*", "everywhere/*", "0", "*", "shop/*", "pay/*", "*/*", "pods", "nested",
	}
}

func outside() []string {
	return []string{
		"any", "internet", "partner", "six", "both", "out", "10.1.2.0/24", "192.0.2.1/32", "0.0.0.0/0", "[2001:db8:3::/48]",
		"[::1/128]", "[::/0]", "[2001:0db8:0:0:0:0:0:1/128]",
	}
}

func ports() []string {
	return []string{
		":80", ":65535/udp", ":132/sctp", ":8000-8010", ":1-65535/udp", ":5-5/sctp", ":*", ":*/tcp", ":*/udp", ":*/sctp",
		":80,443,8000-8010,53/udp,7/sctp",
	}
}

// TestForms builds every form of peer with every form of port, as both ends, with each way to write objects, and has
// every object judged.
func TestForms(t *testing.T) {
	tool.Setup(t)
	var edges []string
	for _, port := range ports() {
		for _, peer := range append(pods(), outside()...) {
			edges = append(edges, "api -> "+peer+port, peer+" -> api"+port)
		}
		for _, peer := range outside() {
			edges = append(edges, "* -> "+peer+port, peer+" -> */*"+port, peer+" -> pay/*"+port)
		}
		edges = append(edges, "api -> api"+port, "* -> *"+port, "*/* -> */*"+port, "nested -> nested"+port)
	}
	edges = append(edges, "web -> api", "web -> api:http,dns,sig,range,range-udp", "api -> partner", "api -> six", "api -> pay/db:http",
		"api -> dns", "* -> dns", "api -> apiserver", "pay/db -> apiserver", "apiserver -> api:8443")
	for _, grouping := range []string{"workload", "edge"} {
		for _, deny := range []string{"namespace", "workload"} {
			for _, profile := range []string{"kube-dns", "node-local", "openshift"} {
				t.Run(grouping+" "+deny+" "+profile, func(t *testing.T) {
					count := judgePackage(t, map[string]string{
						"world.cue": world,
						"edges.cue": fmt.Sprintf("package policy\n\nallow: [\n\t\"%s\",\n]\ndeny: %q\noutput: grouping: %q\ndns: profile: %q\n",
							strings.Join(edges, "\",\n\t\""), deny, grouping, profile),
					})
					if grouping == "edge" && count < 100 || count < 10 {
						t.Errorf("only %d objects", count)
					}
				})
			}
		}
	}
}

// TestSingleForms builds each edge alone, so that no form hides behind a wider one that it is merged into.
func TestSingleForms(t *testing.T) {
	tool.Setup(t)
	for _, peer := range append(pods(), outside()...) {
		files := map[string]string{}
		dir := t.TempDir()
		var packages []string
		for i, port := range ports() {
			for end, edge := range []string{"api -> " + peer + port, peer + " -> api" + port} {
				name := fmt.Sprintf("p%d-%d", i, end)
				files[name+"/world.cue"] = world
				files[name+"/edge.cue"] = fmt.Sprintf("package policy\n\nallow: [%q]\n", edge)
				packages = append(packages, name)
			}
		}
		tool.Write(t, dir, files)
		for _, p := range packages {
			if count, faults := Judge([]byte(tool.Run(t, dir, "npgen", "build", "-q", p))); count == 0 || len(faults) > 0 {
				t.Errorf("%s: %d objects\n%s", strings.TrimSpace(files[p+"/edge.cue"]), count, strings.Join(faults, "\n"))
			}
		}
	}
}

// judgePackage builds a package and has its stream judged. It returns the number of objects.
func judgePackage(t *testing.T, files map[string]string) int {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, files)
	count, faults := Judge([]byte(tool.Run(t, dir, "npgen", "build", "-q", ".")))
	for _, fault := range faults {
		t.Error(fault)
	}
	if count == 0 {
		t.Error("no objects")
	}
	return count
}
