//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
)

const (
	nodeName, nodeAddress = "node", "192.0.2.10"
	queueNumber           = "100"
	// The node's end of each link has these addresses; they need not be in a range of the pods'.
	gateway4, gateway6 = "169.254.1.1", "fe80::1"
)

// PodRanges are the addresses of pods.
func PodRanges() (v4, v6 netip.Prefix) {
	return netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:244::/64")
}

// answers is the rule for packets of connections that the engine has accepted.
var answers = []string{"-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT"}

// startNetwork makes the node a router that asks the engine about each new connection from or to a pod. The engine
// would make such rules by nftables itself, but not every kernel has CONFIG_NFT_QUEUE; without its rules and without
// these it enforces nothing and says nothing.
func (c *Cluster) startNetwork() error {
	err := c.node.sysctl(
		[2]string{"net/ipv4/ip_forward", "1"}, [2]string{"net/ipv6/conf/all/forwarding", "1"},
		[2]string{"net/ipv4/conf/all/rp_filter", "0"}, [2]string{"net/ipv4/conf/default/rp_filter", "0"},
	)
	if err != nil {
		return err
	}
	if err := c.node.run("link set lo up\naddress add "+gateway4+"/32 dev lo\n", "ip", "-batch", "-"); err != nil {
		return err
	}
	v4, v6 := PodRanges()
	for _, family := range []struct{ command, pods string }{{"iptables", v4.String()}, {"ip6tables", v6.String()}} {
		for _, rule := range [][]string{
			answers,
			{"-s", family.pods, "-j", "NFQUEUE", "--queue-num", queueNumber},
			{"-d", family.pods, "-j", "NFQUEUE", "--queue-num", queueNumber},
		} {
			rule = append([]string{"-t", "mangle", "-A", "FORWARD"}, rule...)
			if err := c.node.run("", family.command, rule...); err != nil {
				return err
			}
		}
	}
	return nil
}

// connect makes a namespace for each host and links it to the node.
func (c *Cluster) connect(hosts []*Host) error {
	var node strings.Builder
	for _, h := range hosts {
		s, err := newSpace()
		if err != nil {
			return err
		}
		h.space = s
		c.made++
		h.link = fmt.Sprintf("pod%d", c.made)
		fmt.Fprintf(&node, "link add name %s type veth peer name eth0 netns %s\n", h.link, s.path)
		fmt.Fprintf(&node, "link set %s up\naddress add %s/64 dev %s nodad\n", h.link, gateway6, h.link)
		fmt.Fprintf(&node, "route add %s/32 dev %s\nroute add %s/128 dev %s\n", h.V4, h.link, h.V6, h.link)
	}
	if err := c.node.run(node.String(), "ip", "-batch", "-"); err != nil {
		return err
	}
	errs := make([]error, len(hosts))
	var wait sync.WaitGroup
	for i, h := range hosts {
		wait.Go(func() {
			errs[i] = h.space.run(fmt.Sprintf(`link set lo up
link set eth0 up
address add %[1]s/32 dev eth0
address add %[2]s/128 dev eth0 nodad
route add %[3]s dev eth0 scope link
route add default via %[3]s dev eth0
route add ::/0 via %[4]s dev eth0
`, h.V4, h.V6, gateway4, gateway6), "ip", "-batch", "-")
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// disconnect removes hosts from the network. The kernel takes its time to end a namespace, so the links go first.
func (c *Cluster) disconnect(hosts []*Host) error {
	var node strings.Builder
	for _, h := range hosts {
		fmt.Fprintf(&node, "link delete %s\n", h.link)
	}
	err := c.node.run(node.String(), "ip", "-batch", "-")
	for _, h := range hosts {
		h.space.close()
	}
	return err
}
