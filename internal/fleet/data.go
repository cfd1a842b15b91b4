package fleet

import (
	"strings"
)

// Data is a fleet for a generator that knows nothing of it: selectors, addresses and port numbers are worked out
// already, so that only the policies are left to write.
type Data struct {
	Namespaces []string `json:"namespaces"`
	// Pods and Addresses are the ends of the edges by the names that edges have for them.
	Pods      map[string]Pods      `json:"pods"`
	Addresses map[string]Addresses `json:"addresses"`
	Edges     []Flow               `json:"edges"`
	// DNS is the selectors of the DNS servers.
	DNS Peer `json:"dns"`
}

// Pods is pods of one namespace, and what they are called in the names of objects.
type Pods struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
	// Ports is what a workload's pods listen on; a whole namespace says nothing of it.
	Ports []PodPort `json:"ports,omitempty"`
}

// PodPort is a port as policies write it.
type PodPort struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

// Addresses is ranges, and what they are called in the names of objects.
type Addresses struct {
	Name   string  `json:"name"`
	Blocks []Block `json:"blocks"`
}

// Block is an ipBlock.
type Block struct {
	CIDR   string   `json:"cidr"`
	Except []string `json:"except,omitempty"`
}

// Peer is the labels of a namespace and of pods in it.
type Peer struct {
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
}

// Flow is an edge between names of Pods and Addresses.
type Flow struct {
	From  string    `json:"from"`
	To    string    `json:"to"`
	Ports []PodPort `json:"ports"`
}

// Data returns the fleet as data.
func (f *Fleet) Data() Data {
	out := Data{
		Namespaces: f.Namespaces, Pods: map[string]Pods{}, Addresses: map[string]Addresses{},
		DNS: Peer{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
	}
	for _, w := range f.Workloads {
		labels := w.Labels
		if labels == nil {
			labels = map[string]string{"app": w.Name}
		}
		out.Pods[w.Namespace+"/"+w.Name] = Pods{w.Namespace, w.Name, labels, podPorts(w.Ports)}
	}
	names := &writer{fleet: f}
	for _, e := range f.Edges {
		flow := Flow{From: names.end(e.From), To: names.end(e.To), Ports: podPorts(e.Ports)}
		out.Edges = append(out.Edges, flow)
		f.describe(out, e.From, flow.From)
		f.describe(out, e.To, flow.To)
	}
	return out
}

func podPorts(ports []Port) []PodPort {
	var out []PodPort
	for _, p := range ports {
		protocol := "TCP"
		if p.UDP {
			protocol = "UDP"
		}
		out = append(out, PodPort{p.Number, protocol})
	}
	return out
}

// describe adds what is no workload.
func (f *Fleet) describe(d Data, e End, name string) {
	switch {
	case e.Namespace != "":
		d.Pods[name] = Pods{Namespace: e.Namespace, Name: "all", Labels: map[string]string{}}
	case e.External >= 0:
		x := f.Externals[e.External]
		d.Addresses[name] = Addresses{x.Name, blocks(x.CIDRs)}
	case e.CIDR != "":
		d.Addresses[name] = Addresses{strings.NewReplacer(".", "-", "/", "-").Replace(e.CIDR), blocks([]string{e.CIDR})}
	case e.Internet:
		d.Addresses[name] = Addresses{"internet", internet()}
	}
}

func blocks(cidrs []string) []Block {
	var out []Block
	for _, c := range cidrs {
		out = append(out, Block{CIDR: c})
	}
	return out
}

// internet returns the addresses of `internet` as docs/language.md has them. IPv4-mapped addresses are left out
// together with the range beside them, which is then given back: the API server takes no such exception by itself.
func internet() []Block {
	v4 := []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"}
	v6 := []string{"::/128", "::1/128", "::fffe:0:0/95", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8"}
	return []Block{{"0.0.0.0/0", v4}, {"::/0", v6}, {"::fffe:0:0/96", nil}}
}
