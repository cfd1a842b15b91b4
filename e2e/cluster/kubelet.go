//go:build linux

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kubelet runs the pods that somebody makes at the API server: as network namespaces that serve the ports of their
// containers. It also does what `kubectl exec` asks of them, which is to connect.
type kubelet struct {
	*Cluster
	// asked is the folder through which kubectl asks.
	asked string
	hosts map[string]*Host
	stop  chan struct{}
	done  chan error
}

// Kubelet runs pods until the end of the test. It returns a folder with a kubectl that can `exec` in them; all else that
// one hands to the real kubectl.
func (c *Cluster) Kubelet(t *testing.T) (bin string) {
	t.Helper()
	bin = t.TempDir()
	k := &kubelet{Cluster: c, asked: t.TempDir(), hosts: map[string]*Host{}, stop: make(chan struct{}), done: make(chan error)}
	script := fmt.Sprintf(kubectlScript, k.asked, c.kubectlPath)
	if err := os.WriteFile(filepath.Join(bin, "kubectl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	go func() { k.done <- k.run() }()
	t.Cleanup(func() {
		close(k.stop)
		if err := <-k.done; err != nil {
			t.Error(err)
		}
	})
	return bin
}

// kubectlScript writes the words of an exec, one a line, and waits for the answer.
const kubectlScript = `#!/bin/sh
dir=%s
case " $* " in
*" exec "*)
	for word; do printf '%%s\n' "$word" | tr '\n' ' '; echo; done > "$dir/$$.new"
	mv "$dir/$$.new" "$dir/$$.asked"
	while [ ! -f "$dir/$$.status" ]; do sleep 0.02; done
	cat "$dir/$$.out"
	exit "$(cat "$dir/$$.status")"
	;;
esac
exec %s "$@"
`

func (k *kubelet) run() error {
	for {
		select {
		case <-k.stop:
			var errs []error
			for name := range k.hosts {
				errs = append(errs, k.end(name))
			}
			return errors.Join(errs...)
		case <-time.After(20 * time.Millisecond):
		}
		if err := errors.Join(k.pods(), k.answer()); err != nil {
			<-k.stop
			return err
		}
	}
}

// pods starts those that are on no node, and ends those that are gone.
func (k *kubelet) pods() error {
	ctx := context.Background()
	list, err := k.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, p := range list.Items {
		name := p.Namespace + "/" + p.Name
		if p.DeletionTimestamp != nil && k.hosts[name] != nil {
			now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
			if err := k.Client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, now); err != nil && !apierrors.IsNotFound(err) {
				return err
			}
			continue
		}
		there[name] = true
		if p.Spec.NodeName == "" && k.hosts[name] == nil {
			if err := k.begin(&p); err != nil {
				return fmt.Errorf("pod %s: %w", name, err)
			}
		}
	}
	for name := range k.hosts {
		if !there[name] {
			if err := k.end(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *kubelet) begin(p *corev1.Pod) error {
	ctx := context.Background()
	binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace}, Target: corev1.ObjectReference{Kind: "Node", Name: nodeName}}
	if err := k.Client.CoreV1().Pods(p.Namespace).Bind(ctx, binding, metav1.CreateOptions{}); err != nil {
		return err
	}
	v4, v6 := PodRanges()
	h := &Host{Name: p.Namespace + "/" + p.Name, Pod: &Pod{p.Namespace, p.Name, p.Labels}, V4: addr(v4, k.made+1), V6: addr(v6, k.made+1)}
	if err := k.connect([]*Host{h}); err != nil {
		return err
	}
	k.hosts[h.Name] = h
	var ports []Port
	for _, c := range p.Spec.Containers {
		for _, q := range c.Ports {
			ports = append(ports, Port{Number: int(q.ContainerPort)})
		}
	}
	if err := h.serve(ports); err != nil {
		return err
	}
	now, err := k.Client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	now.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, HostIP: nodeAddress, HostIPs: []corev1.HostIP{{IP: nodeAddress}},
		PodIP: h.V4.String(), PodIPs: []corev1.PodIP{{IP: h.V4.String()}, {IP: h.V6.String()}},
	}
	_, err = k.Client.CoreV1().Pods(p.Namespace).UpdateStatus(ctx, now, metav1.UpdateOptions{})
	return err
}

func (k *kubelet) end(name string) error {
	h := k.hosts[name]
	delete(k.hosts, name)
	var errs []error
	for _, s := range h.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, k.disconnect([]*Host{h}))...)
}

// answer does what kubectl asks.
func (k *kubelet) answer() error {
	asked, err := filepath.Glob(filepath.Join(k.asked, "*.asked"))
	if err != nil {
		return err
	}
	for _, file := range asked {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.Remove(file); err != nil {
			return err
		}
		out, status := k.exec(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
		base := strings.TrimSuffix(file, ".asked")
		if err := os.WriteFile(base+".out", []byte(out+"\n"), 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(base+".new", []byte(fmt.Sprint(status)), 0o600); err != nil {
			return err
		}
		if err := os.Rename(base+".new", base+".status"); err != nil {
			return err
		}
	}
	return nil
}

// exec does the commands of the image that a probe runs: connecting prints what `agnhost connect` does.
func (k *kubelet) exec(words []string) (out string, status int) {
	var namespace, name, command string
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
	}
	for i, w := range words {
		switch {
		case w == "-n" && namespace == "":
			namespace = words[i+1]
			name = words[i+2]
		case w == "--" && command == "":
			command = strings.Join(words[i+1:], " ")
		}
	}
	h := k.hosts[namespace+"/"+name]
	switch {
	case h == nil:
		return fmt.Sprintf("Error from server (NotFound): pods %q not found", name), 1
	case strings.Contains(command, "/agnhost connect"):
		return h.agnhost(words[len(words)-1])
	case strings.Contains(command, "nslookup"):
		return k.lookUp(h), 0
	}
	return "no such command", 127
}

// agnhost connects as `agnhost connect --timeout=2s` does.
func (h *Host) agnhost(to string) (out string, status int) {
	err := h.space.do(func() error {
		conn, err := net.DialTimeout("tcp", to, 2*time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	var timeout net.Error
	switch {
	case err == nil:
		return "OK", 0
	case errors.As(err, &timeout) && timeout.Timeout():
		return "TIMEOUT", 1
	case strings.Contains(err.Error(), "refused"):
		return "REFUSED", 1
	}
	return "OTHER: " + err.Error(), 1
}

// lookUp asks the pods that are DNS servers, over UDP.
func (k *kubelet) lookUp(from *Host) string {
	for _, h := range k.Cluster.hosts {
		if h.Pod == nil || h.Pod.Labels["k8s-app"] != "kube-dns" {
			continue
		}
		err := from.space.do(func() error {
			conn, err := net.Dial("udp", netip.AddrPortFrom(h.V4, 53).String())
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
				return err
			}
			if _, err := conn.Write([]byte("?")); err != nil {
				return err
			}
			_, err = conn.Read(make([]byte, 300))
			return err
		})
		if err == nil {
			return "OK"
		}
	}
	return "BLOCKED"
}

// Unplug lets packets pass by the engine, as on a cluster that has none; plug undoes it.
func (c *Cluster) Unplug() (plug func() error, err error) {
	rule := []string{"-t", "mangle", "", "FORWARD", "-j", "ACCEPT"}
	rule[2] = "-I"
	return func() error {
		rule[2] = "-D"
		return c.node.run("", "iptables", rule...)
	}, c.node.run("", "iptables", rule...)
}
