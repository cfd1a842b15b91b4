package gen_test

import (
	"strings"
	"testing"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/load"
)

const ciliumPackage = `package shop
namespace: "shop"
namespaces: red: labels: team: "red"
workloads: {web: {}, api: ports: http: 8080, db: {labels: {app: "db"}, expressions: [{key: "tier", operator: "NotIn", values: ["old"]}]}}
external: pay: {hosts: ["pay.example.com", "*.example.org"], ports: https: 443}
apiserver: {cidrs: ["192.0.2.1/32"], ports: [6443]}
output: {target: "cilium", grouping: "edge"}
allow: [
	{from: "web", to: "api", http: [{method: "GET", path: "/v1.2/*"}, {path: "/a+b", headers: "x-team": "web"}]},
	"api -> db:5432,6000-6010", "red/* -> web:80", "*/* -> web:81", "any -> web:82", "internet -> web:83",
	"api -> pay", "api -> apiserver", "api -> 198.51.100.0/24:53/udp", "web -> db:*/sctp",
]
`

func buildCilium(t *testing.T) (*gen.Result, string) {
	t.Helper()
	result, err := gen.Build(load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(ciliumPackage)}, []string{"-"})
	if err != nil || result.Findings.Count(diag.Error) > 0 {
		t.Fatal(err, result.Findings)
	}
	stream, err := result.Stream()
	if err != nil {
		t.Fatal(err)
	}
	if d := ciliumDifferences(result, string(stream)); d != "" {
		t.Fatalf("npgen's own output is refused: %s\n%s", d, stream)
	}
	return result, string(stream)
}

func ciliumDifferences(result *gen.Result, stream string) string {
	proof, err := result.Prove([]byte(stream))
	if err != nil {
		return err.Error()
	}
	return strings.Join(proof.Differences, "; ")
}

// TestCiliumProofRefuses changes what is written for Cilium; each change means something else, and is refused.
func TestCiliumProofRefuses(t *testing.T) {
	result, stream := buildCilium(t)
	for _, x := range [][2]string{
		{"method: GET", "method: GET|PUT"},
		{`path: /v1\.2/.*`, "path: /v1.2/.*"},
		{`path: /v1\.2/.*`, `path: /v1\.2.*`},
		{`path: /v1\.2/.*`, `path: (?i)/v1\.2/.*`},
		{`path: /a\+b(\?.*)?`, `path: /a\+b(\?.*)`},
		{`path: /a\+b(\?.*)?`, `path: /a\+b.*`},
		{`path: /a\+b(\?.*)?`, "path: /a+b"},
		{"value: web", `value: ""`},
		{"value: web", "value: web\n            mismatch: LOG"},
		{"name: x-team", "name: x-tea"},
		{"matchName: pay.example.com", "matchName: pay.example.net"},
		{"matchPattern: '*.example.org'", "matchPattern: '**.example.org'"},
		{"        dns:\n        - matchPattern: '*'\n", "        dns:\n        - matchPattern: '*.org'\n"},
		{"      rules:\n        dns:\n        - matchPattern: '*'\n", ""},
		{"- kube-apiserver", "- cluster"},
		{"- kube-apiserver", "- all"},
		{"  - fromEntities:\n    - all\n", "  - fromEntities:\n    - world\n"},
		{"  - {}\n", "  - toEntities:\n    - all\n"},
		{"  ingress:\n  - {}\n", "  ingressDeny:\n  - fromEntities:\n    - all\n"},
		{"  ingress:\n  - {}\n", "  enableDefaultDeny:\n    ingress: false\n  ingress:\n  - {}\n"},
		{"  ingress:\n  - {}", "  ingress: []\n  egress:\n  - {}"},
		{"  ingress:\n  - {}", "  ingress: []"},
		{"k8s:io.cilium.k8s.namespace.labels.team: red", "k8s:io.cilium.k8s.namespace.labels.team: blue"},
		{"operator: NotIn", "operator: In"},
		{"        app: db\n", "        app: db2\n"},
		{"endPort: 6010", "endPort: 6011"},
		{"      - endPort: 6010\n        port: \"6000\"", "      - port: \"6000\""},
		{`port: "5432"`, `port: "0"`},
		{`port: "5432"`, `port: postgres`},
		{`      - 10.0.0.0/8`, `      - 10.0.0.0/9`},
		{"cidr: 198.51.100.0/24", "cidr: 198.51.0.0/16"},
		{"kind: CiliumNetworkPolicy", "kind: CiliumClusterwideNetworkPolicy"},
		{"  namespace: shop", "  namespace: shop2"},
		{"    toPorts:\n    - ports:\n      - port: \"82\"\n        protocol: TCP\n", ""},
		{"protocol: SCTP", "protocol: ANY"},
		{"    toPorts:\n    - ports:\n      - port: \"82\"", "    icmps:\n    - fields:\n      - type: 8\n    toPorts:\n    - ports:\n      - port: \"82\""},
	} {
		changed := strings.Replace(stream, x[0], x[1], 1)
		if changed == stream {
			t.Errorf("nothing is changed by %q", x[0])
			continue
		}
		if ciliumDifferences(result, changed) == "" {
			t.Errorf("the proof holds with %q for %q", x[1], x[0])
		}
	}
}

// TestCiliumProofTakes writes the same in other words, which the proof takes.
func TestCiliumProofTakes(t *testing.T) {
	result, stream := buildCilium(t)
	for _, x := range [][2]string{
		{"        app: db\n", "        any:app: db\n"},
		{"        app: db\n", "        k8s:app: db\n"},
		{"protocol: SCTP", "protocol: sctp"},
		{"      - port: \"5432\"\n        protocol: TCP\n", "      - port: \"5432\"\n        protocol: TCP\n    - ports:\n      - port: \"5432\"\n        protocol: TCP\n"},
		{"name: x-team", "name: X-Team"},
		{"cidr: 198.51.100.0/24", "cidr: 198.51.100.0/25\n    - cidr: 198.51.100.128/25"},
		{"  egress:\n  - {}\n", "  egressDeny:\n  - {}\n"}, // it denies nothing, and closes what nothing opens
		{"  egress:\n  - {}\n", "  enableDefaultDeny:\n    egress: true\n  egress:\n  - {}\n"},
		{"spec:\n", "spec:\n  description: in other words\n"},
	} {
		changed := strings.Replace(stream, x[0], x[1], 1)
		if changed == stream {
			t.Errorf("nothing is changed by %q", x[0])
			continue
		}
		if d := ciliumDifferences(result, changed); d != "" {
			t.Errorf("the proof refuses %q for %q: %s", x[1], x[0], d)
		}
	}
}
