//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// queueRule sends packets to the engine: the one thing that a kernel may be built without and nobody notices.
var queueRule = []string{"-t", "mangle", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", queueNumber}

// Missing returns what this machine lacks, each with what to do about it; nil where a cluster can start.
func Missing() error {
	var all []error
	missing := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if os.Geteuid() != 0 {
		missing("root is missing: network namespaces need it; run as root, as in `sudo make e2e`")
	}
	for command, pkg := range map[string]string{"ip": "iproute2", "iptables": "iptables", "ip6tables": "iptables"} {
		if _, err := exec.LookPath(command); err != nil {
			missing("`%s` is missing: install it, as in `apt-get install %s`", command, pkg)
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

// queues returns the kernel's lines about the queues of the namespace.
func (s *space) queues() (lines [][]string, err error) {
	err = s.do(func() error {
		data, err := os.ReadFile("/proc/thread-self/net/netfilter/nfnetlink_queue")
		for line := range strings.Lines(string(data)) {
			lines = append(lines, strings.Fields(line))
		}
		return err
	})
	return lines, err
}
