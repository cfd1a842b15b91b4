package doctor

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/draft"
	"github.com/npgen/npgen/gen/graph"
)

// DNS is where pods ask for names.
type DNS struct {
	// Addresses is what pods ask; Known says that the kubelet said so, else it is a convention.
	Addresses []string `json:"addresses"`
	Known     bool     `json:"known"`
	// Service is the Service of the first of them, with the labels of the pods behind it and the ports of those.
	Service   string            `json:"service"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Ports     []int             `json:"ports"`
	// CIDRs is what no selector of pods matches: a server on the node.
	CIDRs []string `json:"cidrs"`
	// Field is the field `dns` of a package that opens all of it, "" where that is not known; Why is how it is known.
	Field string `json:"field"`
	Why   string `json:"why"`
}

// Servers on nodes, by convention.
const (
	nodeLocal = "169.254.20.10"
	metadata  = "169.254.169.254"
	dnsPort   = 53
)

// dns finds the servers and holds each package to them.
func (e *examiner) dns() {
	d := &e.d.DNS
	d.Addresses, d.CIDRs, d.Ports, d.Labels = []string{}, []string{}, []int{}, map[string]string{}
	e.asked()
	for _, a := range d.Addresses {
		e.server(a)
	}
	e.conventional()
	e.onNodes()
	if len(d.Labels) == 0 && len(d.CIDRs) == 0 {
		return
	}
	slices.Sort(d.Ports)
	d.Ports = slices.Compact(d.Ports)
	if len(d.Ports) == 0 {
		d.Ports = []int{dnsPort}
	}
	d.Field = d.field()
	if e.Graph != nil {
		for _, p := range e.Graph.Packages {
			e.packageDNS(p)
		}
	}
}

// asked asks the kubelet of a node which address it gives to pods.
func (e *examiner) asked() {
	i := slices.IndexFunc(e.nodes, func(n node) bool {
		return n.Status.Info.OS != "windows" && n.Meta.Labels[computeType] != "fargate"
	})
	if i < 0 {
		return
	}
	var v struct {
		Config struct {
			ClusterDNS []string `json:"clusterDNS"`
		} `json:"kubeletconfig"`
	}
	if e.into(kubeletQuery(e.nodes[i].Meta.Name), &v) && len(v.Config.ClusterDNS) > 0 {
		e.d.DNS.Addresses, e.d.DNS.Known = v.Config.ClusterDNS, true
		e.d.DNS.Why = "the kubelet of node " + e.nodes[i].Meta.Name + " says so"
	}
}

// server finds what stands behind an address: a Service, or the node.
func (e *examiner) server(address string) {
	i := slices.IndexFunc(e.services, func(s service) bool { return slices.Contains(s.Spec.ClusterIPs, address) })
	if i >= 0 {
		e.service(&e.services[i])
		return
	}
	a, err := netip.ParseAddr(address)
	if err == nil && (e.saw["services"] || a.IsLinkLocalUnicast()) {
		e.onNode(address)
	}
}

func (e *examiner) onNode(address string) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	prefix := netip.PrefixFrom(a, a.BitLen()).String()
	if !slices.Contains(e.d.DNS.CIDRs, prefix) {
		e.d.DNS.CIDRs = append(e.d.DNS.CIDRs, prefix)
	}
	if !slices.Contains(e.d.DNS.Ports, dnsPort) {
		e.d.DNS.Ports = append(e.d.DNS.Ports, dnsPort)
	}
}

// service takes the servers behind a Service: its pods, on their own port.
func (e *examiner) service(s *service) {
	d := &e.d.DNS
	if d.Service != "" {
		return
	}
	d.Service, d.Namespace, d.Labels = s.Meta.Namespace+"/"+s.Meta.Name, s.Meta.Namespace, maps.Clone(s.Spec.Selector)
	if d.Labels == nil {
		d.Labels = map[string]string{}
	}
	for _, slice := range e.slicesOf(s.Meta.Namespace, s.Meta.Name) {
		for _, p := range slice.Ports {
			if slices.ContainsFunc(s.Spec.Ports, func(q servicePort) bool { return q.Port == dnsPort && q.Name == p.Name }) {
				d.Ports = append(d.Ports, p.Port)
			}
		}
	}
	for _, p := range s.Spec.Ports {
		var number int
		if len(d.Ports) == 0 && p.Port == dnsPort && json.Unmarshal(p.TargetPort, &number) == nil && number > 0 {
			d.Ports = append(d.Ports, number)
		}
	}
}

// conventional takes the Service that clusters have by convention, where no kubelet says which one pods ask. On clusters
// whose nodes answer themselves it may be there and answer nobody.
func (e *examiner) conventional() {
	d := &e.d.DNS
	if d.Known {
		return
	}
	gke := slices.ContainsFunc(e.nodes, func(n node) bool {
		return n.Meta.Labels["cloud.google.com/gke-nodepool"] != "" || strings.HasPrefix(n.Spec.ProviderID, "gce://")
	})
	if gke {
		e.unknown(Unknown{Query: strings.Join(kubeletQuery("NODE").Args, " "), Without: noDNS + ": on GKE pods may ask Cloud DNS at " + metadata + ", whatever Services there are"})
		return
	}
	if eksAuto(e) != "" {
		e.autoDNS()
		return
	}
	for _, name := range []string{"kube-system/kube-dns", "openshift-dns/dns-default", "kube-system/coredns", "kube-system/rke2-coredns-rke2-coredns"} {
		i := slices.IndexFunc(e.services, func(s service) bool { return s.Meta.Namespace+"/"+s.Meta.Name == name })
		if i < 0 {
			continue
		}
		d.Addresses, d.Why = e.services[i].Spec.ClusterIPs, "by convention; no kubelet could be asked"
		e.service(&e.services[i])
		return
	}
	if e.saw["services"] {
		e.unknown(Unknown{Query: strings.Join(servicesQuery().Args, " "), Without: noDNS + ": there is no Service of a known name"})
	}
}

// autoDNS is the address of EKS Auto Mode: the tenth of the Service range, which begins below that of the API server.
func (e *examiner) autoDNS() {
	i := slices.IndexFunc(e.services, func(s service) bool { return s.Meta.Namespace == "default" && s.Meta.Name == "kubernetes" })
	if i < 0 || len(e.services[i].Spec.ClusterIPs) == 0 {
		return
	}
	a, err := netip.ParseAddr(e.services[i].Spec.ClusterIPs[0])
	if err != nil {
		return
	}
	bytes := a.AsSlice()
	bytes[len(bytes)-1] += 9 // from .1 to .10, from ::1 to ::a
	a, _ = netip.AddrFromSlice(bytes)
	e.d.DNS.Addresses, e.d.DNS.Why = []string{a.String()}, "nodes of EKS Auto Mode answer at the tenth address of the Service range"
	e.onNode(a.String())
}

// onNodes adds what a cache on the nodes binds: its own address, and that of the Service where that is bound, too.
func (e *examiner) onNodes() {
	i := slices.IndexFunc(e.sets, func(d daemonSet) bool { return d.Meta.Name == "node-local-dns" })
	if i < 0 {
		return
	}
	cache := Engine{set: &e.sets[i]}
	if local, given := cache.flag("localip"); given {
		for _, address := range strings.Split(local, ",") {
			e.onNode(strings.TrimSpace(address))
		}
		return
	}
	e.onNode(nodeLocal)
}

// field writes the field of a package: a profile where one says just that.
func (d *DNS) field() string {
	pods := func(namespace, key, value string) bool {
		return d.Namespace == namespace && len(d.Labels) == 1 && d.Labels[key] == value
	}
	kubeDNS, on53 := pods("kube-system", "k8s-app", "kube-dns"), slices.Equal(d.Ports, []int{dnsPort})
	none := len(d.Labels) == 0
	switch cidrs := strings.Join(d.CIDRs, " "); {
	case kubeDNS && on53 && cidrs == "":
		return `dns: profile: "kube-dns"`
	case pods("kube-system", "k8s-app", "coredns") && on53 && cidrs == "":
		return `dns: profile: "coredns"`
	case pods("openshift-dns", "dns.operator.openshift.io/daemonset-dns", "default") && slices.Equal(d.Ports, []int{5353}) && cidrs == "":
		return `dns: profile: "openshift"`
	case (kubeDNS || none) && on53 && cidrs == nodeLocal+"/32":
		return `dns: profile: "node-local"`
	case none && cidrs == metadata+"/32":
		return `dns: profile: "gke-cloud-dns"`
	case (kubeDNS || none) && on53 && len(d.CIDRs) == 2 && slices.Contains(d.CIDRs, nodeLocal+"/32") && slices.Contains(d.CIDRs, metadata+"/32"):
		return `dns: profile: "gke-node-local"`
	}
	fields := []string{`profile: "custom"`}
	if !none {
		fields = append(fields, fmt.Sprintf("namespace: %q", d.Namespace), "labels: "+labelsText(d.Labels))
	}
	if !on53 {
		fields = append(fields, "ports: "+strings.Join(strings.Fields(fmt.Sprint(d.Ports)), ", "))
	}
	if len(d.CIDRs) > 0 {
		fields = append(fields, `cidrs: ["`+strings.Join(d.CIDRs, `", "`)+`"]`)
	}
	return "dns: {" + strings.Join(fields, ", ") + "}"
}

func labelsText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, fmt.Sprintf("%s: %q", draft.FieldName(k), labels[k]))
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// packageDNS holds the DNS of a package to the servers, where it opens DNS to anybody.
func (e *examiner) packageDNS(p *graph.Package) {
	i := slices.IndexFunc(e.Graph.DNSRules(), func(r graph.DNSRule) bool { return r.Config == &p.DNS })
	if i < 0 {
		return
	}
	d, has := &e.d.DNS, &p.DNS
	var lacks []string
	if len(d.Labels) > 0 && !(has.HasPods() && has.Namespace == d.Namespace && e.selectsServers(has.Labels)) {
		lacks = append(lacks, fmt.Sprintf("the pods with `%s` in namespace `%s`", strings.Trim(labelsText(d.Labels), "{}"), d.Namespace))
	}
	for _, port := range d.Ports {
		if !slices.Contains(has.Ports, port) {
			lacks = append(lacks, fmt.Sprintf("port %d", port))
		}
	}
	for _, text := range d.CIDRs {
		prefix := netip.MustParsePrefix(text)
		if !slices.ContainsFunc(has.CIDRs, func(c netip.Prefix) bool { return c.Contains(prefix.Addr()) }) {
			lacks = append(lacks, "`"+text+"`")
		}
	}
	if len(lacks) == 0 {
		return
	}
	r := e.Graph.DNSRules()[i]
	pos := has.Pos
	if pos.Line == 0 && r.Cause != nil && r.Cause.Decl != nil {
		pos = r.Cause.Decl.Pos
	}
	if !pos.IsValid() {
		pos = p.Pos
	}
	e.d.Findings.Errorf(diag.DNSDiffers, pos, "the `dns` of the package leaves out where the cluster's pods ask for names: %s", strings.Join(lacks, ", ")).
		WithHelp("write `%s` (%s)", d.Field, d.Why)
}

// selectsServers reports whether a selector selects the servers: the pods that there are, else those of the Service.
func (e *examiner) selectsServers(selector map[string]string) bool {
	found := false
	for _, p := range e.pods {
		if p.Meta.Namespace == e.d.DNS.Namespace && p.Status.Phase == "Running" && selects(e.d.DNS.Labels, p.Meta.Labels) {
			found = true
			if !selects(selector, p.Meta.Labels) {
				return false
			}
		}
	}
	return found || selects(selector, e.d.DNS.Labels)
}
