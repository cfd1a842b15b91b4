package judges

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// platform is a cluster as a platform has it, by its section in docs/platforms.md. An end of a flow is ns/name of a pod, an
// address, or `node ADDRESS`: what runs there is on the network of a node.
type platform struct {
	// cilium is set where the engine of Cilium enforces; else those that see addresses do, without cyclonus where labels have
	// empty values (differences_test.go).
	cilium, emptyValues bool
	// pods has the labels of pods besides those that every platform has, by ns/name; namespaces the labels of theirs.
	pods, namespaces map[string]map[string]string
	// flows is what each column is for, by the words that its edge starts or ends with.
	dns, api, hooks, nodes, metadata, prometheus, ingress []talking
	// naive is what stands in the package for a cell that says no.
	naive map[string]string
}

// talking is a flow that a cell is for: to or from the pods of `shop`.
type talking struct {
	from, to string
	port     int
	protocol corev1.Protocol
}

func asksAt(port int, servers ...string) (out []talking) {
	for _, s := range servers {
		out = append(out, talking{"shop/agent", s, port, corev1.ProtocolUDP}, talking{"shop/agent", s, port, corev1.ProtocolTCP})
	}
	return out
}

func calls(port int, ends ...string) (out []talking) {
	for _, e := range ends {
		out = append(out, talking{"shop/agent", e, port, corev1.ProtocolTCP})
	}
	return out
}

func comes(to string, port int, ends ...string) (out []talking) {
	for _, e := range ends {
		out = append(out, talking{e, to, port, corev1.ProtocolTCP})
	}
	return out
}

const kubeDNS = "kube-system/coredns"

// platforms are the clusters; where a node or the API server is a pod of the host network the engine of Cilium gives it an
// identity, and the others see its address.
func platforms() map[string]platform {
	monitoring, nginx := comes("shop/app", 9090, "monitoring/prometheus"), comes("shop/app", 8080, "ingress-nginx/controller")
	own := func(cilium bool, dns []talking, tunnel ...string) platform {
		return platform{
			cilium: cilium, dns: dns, api: calls(6443, "node 192.168.10.2"), nodes: calls(10250, "node 192.168.10.3"),
			hooks: comes("shop/hook", 9443, append(tunnel, "node 192.168.10.2")...), prometheus: monitoring, ingress: nginx,
			naive: map[string]string{
				"API server": "apiserver: {cidrs: [\"192.168.10.2/32\"], ports: [6443]}\nallow: [\"agent -> apiserver\"]",
				"Nodes":      "allow: [\"agent -> nodes:10250\"]",
				"DNS":        "dns: profile: \"node-local\"\nallow: [\"agent -> dns\"]",
			},
		}
	}
	aws := func(service string, dns []talking, metadata string) platform {
		return platform{
			// the plugin sees the address of the Service `kubernetes`, and that of its endpoint where a client takes that
			api: calls(443, service, "192.168.0.5"), dns: dns, nodes: calls(10250, "node 192.168.64.7"),
			hooks: comes("shop/hook", 9443, "192.168.1.9"), metadata: calls(80, metadata), prometheus: monitoring, ingress: nginx,
		}
	}
	konnectivity := func(cilium bool, key, api, node string, dns []talking, metadata ...talking) platform {
		return platform{
			cilium: cilium, pods: map[string]map[string]string{"kube-system/konnectivity": {key: "konnectivity-agent"}},
			dns: dns, api: calls(443, api), nodes: calls(10250, "node "+node), hooks: comes("shop/hook", 9443, "kube-system/konnectivity"),
			metadata: metadata, prometheus: monitoring, ingress: nginx,
			naive: map[string]string{"Nodes": "allow: [\"agent -> nodes:10250\"]"},
		}
	}
	gcp := slices.Concat(calls(80, "169.254.169.254"), calls(988, "169.254.169.252"), calls(987, "169.254.169.252"))
	gke := func(dns []talking) platform {
		return konnectivity(true, "k8s-app", "172.16.0.2", "10.128.0.4", dns, gcp...)
	}
	k3s := own(false, asksAt(53, kubeDNS), "10.42.1.0")
	k3s.pods = map[string]map[string]string{"kube-system/traefik": {"app.kubernetes.io/name": "traefik"}}
	k3s.ingress = comes("shop/app", 8080, "kube-system/traefik")
	openshift := platform{
		emptyValues: true,
		pods: map[string]map[string]string{
			"openshift-dns/dns-default":        {"dns.operator.openshift.io/daemonset-dns": "default"},
			"openshift-monitoring/prometheus":  {"app.kubernetes.io/name": "prometheus"},
			"openshift-ingress/router-default": {"ingresscontroller.operator.openshift.io/deployment-ingresscontroller": "default"},
		},
		namespaces: map[string]map[string]string{
			"openshift-monitoring": {"network.openshift.io/policy-group": "monitoring"},
			"openshift-ingress":    {"policy-group.network.openshift.io/ingress": "", "network.openshift.io/policy-group": "ingress"},
		},
		dns: asksAt(5353, "openshift-dns/dns-default"), api: calls(6443, "node 10.0.0.10"), nodes: calls(10250, "node 10.0.0.11"),
		hooks:      comes("shop/hook", 9443, "node 10.0.0.10", "10.128.0.2"),
		prometheus: comes("shop/app", 9090, "openshift-monitoring/prometheus"), ingress: comes("shop/app", 8080, "openshift-ingress/router-default"),
	}
	kind := own(false, asksAt(53, kubeDNS))
	kind.api, kind.nodes, kind.hooks = calls(6443, "node 172.18.0.2"), calls(10250, "node 172.18.0.3"), comes("shop/hook", 9443, "node 172.18.0.2")
	return map[string]platform{
		"calico":            own(false, asksAt(53, kubeDNS), "10.244.1.0"),
		"cilium":            own(true, asksAt(53, kubeDNS)),
		"cilium-node-local": own(true, asksAt(53, "node 169.254.20.10")),
		"kind":              kind,
		"k3s":               k3s,
		"node-local":        own(false, asksAt(53, "169.254.20.10"), "10.244.1.0"),
		"openshift":         openshift,
		"eks":               aws("10.100.0.1", asksAt(53, kubeDNS), "169.254.169.254"),
		"eks-auto":          aws("172.20.0.1", asksAt(53, "172.20.0.10"), "169.254.170.23"),
		"gke":               gke(asksAt(53, kubeDNS)),
		"gke-cloud-dns":     gke(asksAt(53, "169.254.169.254")),
		"gke-node-local":    gke(asksAt(53, "169.254.20.10", "169.254.169.254", kubeDNS)),
		"aks-cilium":        konnectivity(true, "app", "20.61.0.9", "10.224.0.4", asksAt(53, kubeDNS), calls(80, "169.254.169.254")...),
		"aks-npm":           konnectivity(false, "app", "20.61.0.9", "10.224.0.4", asksAt(53, kubeDNS), calls(80, "169.254.169.254")...),
	}
}

// TestPlatforms holds each cell of the table in docs/platforms.md to engines that others wrote, over a model of the platform.
func TestPlatforms(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "platforms.md"))
	if err != nil {
		t.Fatal(err)
	}
	columns, rows := tableOf(string(page))
	npgen, models := newProgram(t), platforms()
	if len(rows) != len(models) {
		t.Errorf("the page has %d platforms, and there are %d models", len(rows), len(models))
	}
	judged := 0
	for name, cells := range rows {
		p, known := models[name]
		if !known {
			t.Errorf("the platform `%s` has no model", name)
			continue
		}
		source := sectionOf(string(page), name)
		flows := map[string][]talking{
			"DNS": p.dns, "API server": p.api, "From it: webhooks": p.hooks, "Nodes": p.nodes, "Metadata": p.metadata,
			"Prometheus": p.prometheus, "Ingress controller": p.ingress,
		}
		policies := built(t, npgen, source)
		for i, column := range columns {
			t.Run(name+"/"+column, func(t *testing.T) {
				judged++
				p.judge(t, npgen, source, policies, cells[i], column, flows[column])
			})
		}
	}
	t.Logf("platforms: %d cells of %d platforms, each judged by an engine", judged, len(rows))
}

// judge looks at one cell.
func (p platform) judge(t *testing.T, npgen program, source string, policies []networkingv1.NetworkPolicy, cell, column string, flows []talking) {
	switch {
	case cell == "–":
		if len(flows) > 0 {
			t.Error("the page says that there is nothing, and the model has flows")
		}
		return
	case len(flows) == 0:
		t.Fatal("the model has no flows")
	case cell == "no":
		naive := p.naive[column]
		if naive == "" {
			t.Fatal("the model has no edge to try")
		}
		for _, f := range flows {
			p.ask(t, built(t, npgen, withNaive(source, naive)), f, false)
		}
		return
	}
	edge := strings.Trim(cell, "`")
	if column == "DNS" && edge != "kube-dns" {
		edge = "profile: \"" + edge + "\""
	}
	if column != "DNS" && !strings.Contains(source, "\""+edge+"\"") || edge != "kube-dns" && !strings.Contains(source, edge) {
		t.Errorf("the package of the section does not have `%s`", edge)
	}
	for _, f := range flows {
		p.ask(t, policies, f, true)
		wrongPort := f
		wrongPort.port = 7
		p.ask(t, policies, wrongPort, false)
		stranger := f
		if strings.HasPrefix(f.from, "shop/") {
			stranger.from = "shop/other"
		} else {
			stranger.from = "elsewhere/stranger"
		}
		if !strings.HasPrefix(edge, "any ") {
			p.ask(t, policies, stranger, false)
		}
	}
}

// ask holds a flow to the engines of the platform.
func (p platform) ask(t *testing.T, policies []networkingv1.NetworkPolicy, f talking, want bool) {
	t.Helper()
	cluster, sides := p.cluster(policies, f)
	names := []string{"kubenetpol", "cyclonus"}
	switch {
	case p.cilium:
		names = []string{"cilium"}
	case p.emptyValues:
		names = names[:1]
	}
	for _, e := range Engines() {
		if !slices.Contains(names, e.Name) {
			continue
		}
		judge, err := e.New(cluster)
		if err != nil {
			t.Fatal(err)
		}
		got, err := judge.Allowed(Probe{sides[0], sides[1], f.protocol, f.port})
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %s -> %s:%d/%s is allowed: %t, want %t", e.Name, f.from, f.to, f.port, f.protocol, got, want)
		}
	}
}

// cluster makes the platform's cluster, and the two ends of a flow in it.
func (p platform) cluster(policies []networkingv1.NetworkPolicy, f talking) (*Cluster, [2]Side) {
	all := map[string]map[string]string{
		"shop/agent": {"app": "agent"}, "shop/app": {"app": "app"}, "shop/hook": {"app": "hook"}, "shop/other": {"app": "other"},
		"elsewhere/stranger": {"app": "agent"}, kubeDNS: {"k8s-app": "kube-dns"},
		"monitoring/prometheus":    {"app.kubernetes.io/name": "prometheus"},
		"ingress-nginx/controller": {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"},
	}
	for name, labels := range p.pods {
		all[name] = labels
	}
	c := &Cluster{Policies: policies, Namespaces: map[string]map[string]string{}}
	at := map[string]int{}
	for i, name := range sorted(all) {
		namespace, pod, _ := strings.Cut(name, "/")
		at[name] = len(c.Pods)
		c.Pods = append(c.Pods, Pod{Namespace: namespace, Name: pod, Labels: all[name], Address: netip.MustParseAddr(fmt.Sprintf("10.250.0.%d", i+1))})
		labels := map[string]string{nameLabel: namespace}
		for k, v := range p.namespaces[namespace] {
			labels[k] = v
		}
		c.Namespaces[namespace] = labels
	}
	var sides [2]Side
	for i, end := range []string{f.from, f.to} {
		address, onNode := strings.CutPrefix(end, "node ")
		switch _, isPod := at[end]; {
		case isPod:
			sides[i] = Side{Pod: at[end]}
		case onNode && p.cilium:
			sides[i] = Side{Pod: len(c.Pods)}
			c.Pods = append(c.Pods, Pod{Namespace: "kube-system", Name: "on-node", Address: netip.MustParseAddr(address), HostNetwork: true})
		default:
			sides[i] = Side{Pod: -1, Addr: netip.MustParseAddr(address)}
		}
	}
	return c, sides
}

// built returns the policies of a package as the API server gives them out.
func built(t *testing.T, npgen program, source string) []networkingv1.NetworkPolicy {
	t.Helper()
	answer := npgen.run(t, "build", save(t, "policy.cue", source))
	if answer.status != 0 {
		t.Fatalf("npgen: %s\n%s", answer.err, source)
	}
	var out []networkingv1.NetworkPolicy
	for document := range strings.SplitSeq(answer.out, "---\n") {
		var p networkingv1.NetworkPolicy
		if err := yaml.Unmarshal([]byte(document), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	stored, err := Stored(out)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

var (
	allowField = regexp.MustCompile(`(?s)\nallow: \[.*?\n\]\n`)
	cniField   = regexp.MustCompile(`cni: "[^"]*",? ?`)
)

// withNaive returns a package in which other fields stand in the place of its edges, and the plugin is not named, so that no
// finding stops what the cell says cannot be.
func withNaive(source, fields string) string {
	return cniField.ReplaceAllString(allowField.ReplaceAllString(source, "\n"), "") + fields + "\n"
}

// tableOf returns the columns of the page's table and its cells by platform.
func tableOf(page string) (columns []string, rows map[string][]string) {
	rows = map[string][]string{}
	link := regexp.MustCompile(`^\[([a-z0-9-]+)\]`)
	for line := range strings.SplitSeq(page, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if m := link.FindStringSubmatch(cells[0]); m != nil && len(cells) > 1 {
			rows[m[1]] = cells[1:]
		} else if cells[0] == "Platform" {
			columns = cells[1:]
		}
	}
	return columns, rows
}

// sectionOf returns the package of a platform's section.
func sectionOf(page, name string) string {
	_, section, _ := strings.Cut(page, "\n## "+name+"\n")
	_, source, _ := strings.Cut(section, "```cue\n")
	source, _, _ = strings.Cut(source, "```")
	return source
}
