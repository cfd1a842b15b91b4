package inventory

import (
	"bytes"
	"cmp"
	"errors"
	"path/filepath"
	"testing"

	"cuelang.org/go/cue/format"
	"github.com/rogpeppe/go-internal/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/graph"
)

// FuzzRead checks that no input makes Read, Check or Starter panic, and that Starter always writes formatted CUE.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if filepath.Ext(file.Name) == ".yaml" {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("{\"kind\": \"List\", \"items\": [{\t}]}"))
	g, _ := link(f, "package p\nnamespace: \"shop\"\nworkloads: {web: ports: http: 80, db: {}}\nallow: [\"web -> db:5432\", \"* -> web:443\"]\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, findings, err := Read("", []string{"-"}, bytes.NewReader(data), budget.Limits{})
		if _, ok := errors.AsType[*budget.ExceededError](err); ok {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		report(t, append(findings, Check(g, inv)...))
		out := Starter(inv, string(data))
		if formatted, err := format.Source(out); err != nil || !bytes.Equal(formatted, out) {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

// FuzzStarter checks that the language accepts what Starter makes of any names, labels, ports and values.
func FuzzStarter(f *testing.F) {
	f.Add("shop", "web", "app", "web", "http", "x:80", uint16(80), uint16(80))
	f.Add("kube-system", "any", "app.kubernetes.io/name", "", "", "x", uint16(0), uint16(443))
	f.Add("", "a.b-", "if", "true", "8080", "http://x.shop.svc", uint16(8080), uint16(53))
	f.Add("", "dns", "version", "1", "tcp-80", "x, web", uint16(8080), uint16(80))
	f.Fuzz(func(t *testing.T, namespace, name, key, value, port, env string, number, service uint16) {
		web := &Workload{
			Kind: "Deployment", Namespace: namespace, Name: name,
			Labels: map[string]string{key: value}, Selector: map[string]string{key: value},
			Ports: []Port{{port, int(number), graph.TCP}, {"", int(number), graph.UDP}},
			texts: []text{{name, env, "env " + name}},
		}
		host := &Workload{Kind: "Pod", Name: name, Labels: map[string]string{key: value, "x": "y"}, HostNetwork: true, texts: web.texts}
		x := &Workload{Kind: "Job", Namespace: namespace, Name: "x", Labels: map[string]string{"app": "x", "version": value}, texts: web.texts}
		if fault := cmp.Or(metaFault(&meta{metav1.ObjectMeta{Name: name, Namespace: namespace}}), labelsFault(web.Labels)); fault != "" || !isPort(int(number)) || !isPort(int(service)) {
			t.Skip(fault)
		}
		job := &Workload{Kind: "Job", Namespace: namespace, Name: name}
		inv := &Inventory{
			Workloads: []*Workload{web, host, x, job},
			Services: []*Service{
				{Namespace: namespace, Name: "x", Selector: web.Labels, Type: "NodePort", Ports: []ServicePort{{"", int(service), graph.TCP, int(number), port}, {"", 7, graph.UDP, int(number), ""}}},
				{Name: dnsLabel(name, ""), Selector: x.Labels, Ports: []ServicePort{{"", 9, graph.SCTP, 10, ""}}},
			},
			frontEnds: []frontEnd{{of: "Ingress " + env, namespace: namespace, service: "x", port: int(service)}, {of: env, service: dnsLabel(name, ""), apiServer: true}},
		}
		accepted(t, string(Starter(inv, name)))
	})
}
