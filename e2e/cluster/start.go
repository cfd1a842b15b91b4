//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/npgen/npgen/e2e/tool"
)

// Cluster is one node with its API server.
type Cluster struct {
	// Client speaks to the API server as an administrator.
	Client kubernetes.Interface
	// dir has all files of the run.
	dir  *folder
	node *space
	// kubectlPath and enginePath are executables.
	kubectlPath, enginePath string
	etcd, api, engine       *process
	hosts                   []*Host
	// made counts the hosts of the run: no address is used twice, so that nothing in the engine or the kernel remembers it.
	made int
	once sync.Once
}

// Start starts etcd, the API server and the network of the node, and stops them at the end of the test. It also stops
// them when the process is interrupted. From then on temporary files of the test are below the folder of the run.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	if err := Missing(); err != nil {
		tb.Fatal(err)
	}
	bin := func(name string) string { return filepath.Join(tool.Bin(tb, name), name) }
	c := &Cluster{kubectlPath: bin(tool.Kubectl), enginePath: bin(tool.KubeNetworkPolicies)}
	etcd, server := bin(tool.Etcd), bin(tool.KubeAPIServer)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		if s, ok := <-interrupted; ok {
			fmt.Fprintf(os.Stderr, "%v: stopping the cluster\n", s)
			c.stop()
			os.Exit(1)
		}
	}()
	tb.Cleanup(func() {
		signal.Stop(interrupted)
		close(interrupted)
		if tb.Failed() && c.engine != nil {
			tb.Logf("the engine's last words:\n%s", c.engine.log.String())
		}
		if err := errors.Join(c.Clear(), c.stop()); err != nil {
			tb.Error(err)
		}
		if c.node != nil {
			c.node.close()
		}
	})
	if err := c.start(etcd, server); err != nil {
		tb.Fatal(err)
	}
	tb.Setenv("TMPDIR", c.dir.path)
	return c
}

func (c *Cluster) start(etcd, server string) (err error) {
	if c.dir, err = newFolder(); err != nil {
		return err
	}
	if c.node, err = newSpace(); err != nil {
		return err
	}
	if err := c.startNetwork(); err != nil {
		return err
	}
	if err := c.startServers(etcd, server); err != nil {
		return err
	}
	return c.addNode()
}

// stop stops the servers, each before the one that it needs, and removes the folder.
func (c *Cluster) stop() (err error) {
	c.once.Do(func() {
		c.StopEngine()
		c.api.stop(20 * time.Second)
		c.etcd.stop(20 * time.Second)
		if c.dir != nil {
			err = c.dir.remove()
		}
	})
	return err
}

// Kubectl runs kubectl in a folder and returns what it prints.
func (c *Cluster) Kubectl(dir, stdin string, args ...string) (string, error) {
	out, said, err := c.Run(dir, stdin, nil, c.kubectlPath, args...)
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s%s", strings.Join(args, " "), err, out, said)
	}
	return out, nil
}

// Run runs a program in a folder, on the node, and returns what it prints. KUBECTL is the path of kubectl, which finds the
// API server by itself.
func (c *Cluster) Run(dir, stdin string, env []string, name string, args ...string) (out, said string, err error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig(), "HOME="+c.dir.path, "KUBECTL="+c.kubectlPath)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = c.node.start(cmd); err == nil {
		err = cmd.Wait()
	}
	return stdout.String(), stderr.String(), err
}

// StartEngine starts kube-network-policies and waits until the kernel gives it packets. It is told to drop packets when
// in doubt: else an engine that enforces nothing would look like one where all is open.
func (c *Cluster) StartEngine() error {
	if c.engine != nil {
		return errors.New("the engine runs already")
	}
	engine, err := c.node.serve(c.enginePath, "--kubeconfig", c.kubeconfig(), "--hostname-override", nodeName,
		"--disable-nri", "--fail-open=false", "--netfilter-bug-1766-fix=false")
	if err != nil {
		return err
	}
	c.engine = engine
	return engine.await(30*time.Second, func() error {
		all, err := c.node.queues()
		if _, bound := all[queueNumber]; err == nil && !bound {
			err = fmt.Errorf("it has not asked for the packets of queue %s", queueNumber)
		}
		return err
	})
}

// StopEngine kills the engine: when asked to end it would first sleep for five seconds.
func (c *Cluster) StopEngine() {
	c.engine.stop(0)
	c.engine = nil
}

// addr returns the n-th address of a range.
func addr(r netip.Prefix, n int) netip.Addr {
	b := r.Addr().AsSlice()
	b[len(b)-2], b[len(b)-1] = byte(n>>8), byte(n)
	a, _ := netip.AddrFromSlice(b)
	return a
}
