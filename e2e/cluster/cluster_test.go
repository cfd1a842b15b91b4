//go:build linux

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNeeds fails, and says what to do, where this machine cannot run the tests of packets.
func TestNeeds(t *testing.T) {
	if err := Missing(); err != nil {
		t.Fatalf("this machine cannot run the tests with real packets:\n%v", err)
	}
}

func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := missing(1000)
	if err == nil {
		t.Fatal("nothing is missing for a user without rights and commands")
	}
	for _, want := range []string{"root is missing", "sudo make e2e", "`ip` is missing", "apt-get install iproute2", "`ip6tables`", "apt-get install iptables"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %s:\n%v", want, err)
		}
	}
}

// TestMissingInKernel has commands that fail, as they do where the kernel lacks something.
func TestMissingInKernel(t *testing.T) {
	ip, err := exec.LookPath("ip")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ ip, iptables, want string }{
		"links":  {"exit 2", "exit 0", "CONFIG_VETH"},
		"queues": {`exec ` + ip + ` "$@"`, `case "$*" in *NFQUEUE*) echo No such target >&2; exit 2;; esac`, "CONFIG_NETFILTER_XT_TARGET_NFQUEUE"},
		"states": {`exec ` + ip + ` "$@"`, `case "$*" in *conntrack*) exit 2;; esac`, "CONFIG_NETFILTER_XT_MATCH_CONNTRACK"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for command, script := range map[string]string{"ip": c.ip, "iptables": c.iptables, "ip6tables": c.iptables} {
				if err := os.WriteFile(filepath.Join(dir, command), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			if err := Missing(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Missing says %v, and nothing of %s", err, c.want)
			}
		})
	}
}

// hold names the variable by which TestEnds makes TestCluster come to an untimely end.
const hold = "NPGEN_E2E_HOLD"

// TestCluster runs a cluster with an engine and two pods.
func TestCluster(t *testing.T) {
	c := Start(t)
	ports := []Port{{Number: 80}, {53, true}}
	hosts, err := c.Add(nil, []Pod{{"a", "x", nil}, {"b", "y", nil}}, nil, ports)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(want ...Answer) {
		t.Helper()
		var probes []Probe
		for _, v6 := range []bool{false, true} {
			for _, p := range append(slices.Clone(ports), Port{Number: 81}) {
				probes = append(probes, Probe{hosts[0], hosts[1], p, v6})
			}
		}
		got, err := c.Ask(probes, time.Second)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("answers %v, want %v: %v", got, want, err)
		}
	}
	ask(Silent, Silent, Silent, Silent, Silent, Silent)
	if err := c.StartEngine(); err != nil {
		t.Fatal(err)
	}
	ask(Open, Open, Refused, Open, Open, Refused)
	if err := c.StartEngine(); err == nil {
		t.Error("a second engine starts")
	}
	out, err := c.Kubectl(".", "", "get", "pods", "-A", "-o", "wide")
	if err != nil || !strings.Contains(out, hosts[0].V4.String()) {
		t.Errorf("kubectl: %v\n%s", err, out)
	}
	if _, err := c.Kubectl(".", "", "get", "nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("kubectl fails with %v", err)
	}
	end(t)
}

// end ends a test that TestEnds has started.
func end(t *testing.T) {
	how := os.Getenv(hold)
	if how == "" {
		return
	}
	fmt.Println(holding)
	if _, err := fmt.Scanln(); err != nil { // until it is told to go on
		t.Log(err)
	}
	switch how {
	case "fail":
		t.Fatal("on purpose")
	case "panic":
		panic("on purpose")
	case "panic elsewhere":
		go panic("on purpose")
	}
	time.Sleep(time.Minute)
}

// holding is what a test says that has come to the point where it ends.
const holding = "holding"
