//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// queueRule sends packets to the engine: the one thing that a kernel may be built without and nobody notices.
var queueRule = []string{"-t", "mangle", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", queueNumber}

// Missing returns what this machine lacks, each with what to do about it; nil where a cluster can start.
func Missing() error { return missing(os.Geteuid()) }

func missing(user int) error {
	var all []error
	add := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if user != 0 {
		add("root is missing: network namespaces need it; run as root, as in `sudo make e2e`")
	}
	for _, c := range []struct{ command, pkg string }{{"ip", "iproute2"}, {"iptables", "iptables"}, {"ip6tables", "iptables"}} {
		if _, err := exec.LookPath(c.command); err != nil {
			add("`%s` is missing: install it, as in `apt-get install %s`", c.command, c.pkg)
		}
	}
	if len(all) > 0 {
		return errors.Join(all...)
	}
	return missingInKernel()
}

// missingInKernel tries in a namespace of its own what the network needs.
func missingInKernel() error {
	s, err := newSpace()
	if err != nil {
		return fmt.Errorf("network namespaces are missing: in a container, run it privileged: %w", err)
	}
	defer s.close()
	if err := s.run("", "ip", "link", "add", "name", "a", "type", "veth", "peer", "name", "b"); err != nil {
		return fmt.Errorf("virtual links are missing: the kernel needs CONFIG_VETH, as in `modprobe veth`: %w", err)
	}
	for _, command := range []string{"iptables", "ip6tables"} {
		if err := s.run("", command, queueRule...); err != nil {
			return fmt.Errorf("NFQUEUE is missing: the kernel needs CONFIG_NETFILTER_XT_TARGET_NFQUEUE, as in `modprobe xt_NFQUEUE`: %w", err)
		}
		rule := append([]string{"-t", "mangle", "-A", "FORWARD"}, answers...)
		if err := s.run("", command, rule...); err != nil {
			return fmt.Errorf("conntrack is missing: the kernel needs CONFIG_NETFILTER_XT_MATCH_CONNTRACK, as in `modprobe xt_conntrack`: %w", err)
		}
	}
	if _, err := s.queues(); err != nil {
		return fmt.Errorf("queues are missing: the kernel needs CONFIG_NETFILTER_NETLINK_QUEUE, as in `modprobe nfnetlink_queue`: %w", err)
	}
	return nil
}
