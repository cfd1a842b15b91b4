package draft

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// FuzzStarter checks that the language accepts what Starter makes of any names, labels, ports and values.
func FuzzStarter(f *testing.F) {
	f.Add("shop", "web", "app", "web", "http", "x:80", uint16(80), uint16(80))
	f.Add("kube-system", "any", "app.kubernetes.io/name", "", "", "x", uint16(0), uint16(443))
	f.Add("", "a.b-", "if", "true", "8080", "http://x.shop.svc", uint16(8080), uint16(53))
	f.Add("", "dns", "version", "1", "tcp-80", "x, web", uint16(8080), uint16(80))
	f.Fuzz(func(t *testing.T, namespace, name, key, value, port, env string, number, service uint16) {
		web := &inventory.Workload{
			Kind: "Deployment", Namespace: namespace, Name: name,
			Labels: map[string]string{key: value}, Selector: map[string]string{key: value},
			Ports: []inventory.Port{{Name: port, Number: int(number), Protocol: graph.TCP}, {Number: int(number), Protocol: graph.UDP}},
			Texts: []inventory.Text{{Key: name, Value: env, From: "env " + name}},
		}
		host := &inventory.Workload{Kind: "Pod", Name: name, Labels: map[string]string{key: value, "x": "y"}, HostNetwork: true, Texts: web.Texts}
		x := &inventory.Workload{Kind: "Job", Namespace: namespace, Name: "x", Labels: map[string]string{"app": "x", "version": value}, Texts: web.Texts}
		if number == 0 || service == 0 || len(validation.IsDNS1123Subdomain(name)) > 0 || namespace != "" && len(validation.IsDNS1123Label(namespace)) > 0 ||
			len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			t.Skip("Kubernetes takes no such object")
		}
		job := &inventory.Workload{Kind: "Job", Namespace: namespace, Name: name}
		inv := &inventory.Inventory{
			Workloads: []*inventory.Workload{web, host, x, job},
			Services: []*inventory.Service{
				{Namespace: namespace, Name: "x", Selector: web.Labels, Type: "NodePort", Ports: []inventory.ServicePort{{Number: int(service), Protocol: graph.TCP, Target: int(number), TargetName: port}, {Number: 7, Protocol: graph.UDP, Target: int(number)}}},
				{Name: DNSLabel(name, ""), Selector: x.Labels, Ports: []inventory.ServicePort{{Number: 9, Protocol: graph.SCTP, Target: 10}}},
			},
			FrontEnds: []inventory.FrontEnd{{Of: "Ingress " + env, Namespace: namespace, Service: "x", Port: int(service)}, {Of: env, Service: DNSLabel(name, ""), APIServer: true}},
		}
		accepted(t, string(Starter(inv, name)))
	})
}
