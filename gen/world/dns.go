package world

import (
	"maps"
	"net/netip"

	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// The DNS of OpenShift, whose pods may not open port 53: their Service has it, and policies see the pods' port.
const (
	OpenShiftDNS      = inventory.OpenShiftDNS
	OpenShiftDNSLabel = inventory.OpenShiftDNSLabel
)

// DNSPort is the port of DNS (RFC 1035), OpenShiftDNSPort the port of OpenShift's DNS pods.
const (
	DNSPort          = inventory.DNSPort
	OpenShiftDNSPort = inventory.OpenShiftDNSPort
)

// DNSServer is DNS servers that clusters are known to have: pods, or an address.
type DNSServer struct {
	// Pod is nil where the server is an address: a cache on each node.
	Pod     *Pod
	Address netip.Addr
	// Port is open over UDP and TCP.
	Port int
}

// Ports returns the server's port over UDP and TCP: DNS needs both (RFC 7766).
func (s DNSServer) Ports() sets.Ports {
	return sets.PortRange(sets.UDP, s.Port, s.Port).Union(sets.PortRange(sets.TCP, s.Port, s.Port))
}

// DNSServers returns the servers that clusters are known to have: those of the profiles of schema/dns.cue.
func DNSServers() []DNSServer {
	pods := func(namespace, key, value string, port int) DNSServer {
		return DNSServer{Pod: &Pod{Namespace: namespace, Name: "dns", Labels: map[string]string{key: value}}, Port: port}
	}
	return []DNSServer{
		pods("kube-system", "k8s-app", "kube-dns", DNSPort),
		pods("kube-system", "k8s-app", "coredns", DNSPort),
		pods(OpenShiftDNS, OpenShiftDNSLabel, "default", OpenShiftDNSPort),
		{Address: netip.MustParseAddr("169.254.20.10"), Port: DNSPort},
		{Address: netip.MustParseAddr("169.254.169.254"), Port: DNSPort}, // of GKE, where the metadata server is on another port
	}
}

// IsDNSNamespace reports whether a namespace is one in which DNS servers of clusters are.
func IsDNSNamespace(name string) bool {
	for _, s := range DNSServers() {
		if s.Pod != nil && s.Pod.Namespace == name {
			return true
		}
	}
	return false
}

// IsClusterDNS reports whether a label is one that the servers of a cluster have, and charts do not give to their own.
func IsClusterDNS(key, value string) bool {
	return key == OpenShiftDNSLabel || maps.Equal(map[string]string{key: value}, DNSServers()[0].Pod.Labels)
}

// IsDNSLabel reports whether a label is one by which DNS servers are selected, be they those of a cluster or of a chart.
func IsDNSLabel(key, value string) bool {
	switch key {
	case "k8s-app", "app.kubernetes.io/name", "app":
		return value == "kube-dns" || value == "coredns" || value == "node-local-dns"
	}
	return key == OpenShiftDNSLabel
}
