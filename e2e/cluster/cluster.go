// Package cluster runs a Kubernetes API server, an engine that enforces NetworkPolicies, and pods that send real
// packets, on one machine and without containers.
//
// In: pods with labels, and hosts outside, with the ports that they serve. Out: an API server to apply policies to, and
// which connections pass. All of it runs in network namespaces without names, which end with this process, so nothing is
// left behind and runs side by side do not meet. It refuses to start, and says what to install, where root, `ip`,
// `iptables` or a part of the kernel is missing.
package cluster
