//go:build linux

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Host is a pod, or a host outside of the cluster: a network namespace that serves ports and connects to others.
type Host struct {
	// Name is namespace/name of a pod.
	Name   string
	V4, V6 netip.Addr
	// Pod is nil for a host outside.
	Pod *Pod

	space *space
	// link is the node's end of the link to the host.
	link    string
	servers []io.Closer
}

// Pod is a pod as policies see it.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
}

// Add makes namespaces, with labels by name, pods, and hosts outside, which have a name and two addresses. All of them
// serve all ports.
func (c *Cluster) Add(namespaces map[string]map[string]string, pods []Pod, outside []Host, ports []Port) ([]*Host, error) {
	v4, v6 := PodRanges()
	var hosts []*Host
	for i, p := range pods {
		n := c.made + i + 1
		hosts = append(hosts, &Host{Name: p.Namespace + "/" + p.Name, Pod: &p, V4: addr(v4, n), V6: addr(v6, n)})
	}
	for _, h := range outside {
		hosts = append(hosts, &h)
	}
	if err := c.connect(hosts); err != nil {
		return nil, err
	}
	c.hosts = append(c.hosts, hosts...)
	for _, h := range hosts {
		if err := h.serve(ports); err != nil {
			return nil, err
		}
	}
	all := map[string]map[string]string{}
	for _, p := range pods {
		all[p.Namespace] = nil
	}
	maps.Copy(all, namespaces)
	for name, labels := range all {
		if err := c.addNamespace(name, labels); err != nil {
			return nil, fmt.Errorf("namespace %s: %w", name, err)
		}
	}
	for _, h := range hosts {
		if h.Pod != nil {
			if err := c.addPod(h); err != nil {
				return nil, fmt.Errorf("pod %s: %w", h.Name, err)
			}
		}
	}
	return hosts, nil
}

func (c *Cluster) addNamespace(name string, labels map[string]string) error {
	ctx, api := context.Background(), c.Client.CoreV1().Namespaces()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	_, err := api.Create(ctx, ns, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = api.Update(ctx, ns, metav1.UpdateOptions{})
	}
	return err
}

// addPod makes the object as the scheduler and the kubelet would: on the node, running, with addresses.
func (c *Cluster) addPod(h *Host) error {
	ctx, api := context.Background(), c.Client.CoreV1().Pods(h.Pod.Namespace)
	pod, err := api.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: h.Pod.Name, Labels: h.Pod.Labels},
		Spec:       corev1.PodSpec{NodeName: nodeName, Containers: []corev1.Container{{Name: "main", Image: "none"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	pod.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, HostIP: nodeAddress, HostIPs: []corev1.HostIP{{IP: nodeAddress}},
		PodIP: h.V4.String(), PodIPs: []corev1.PodIP{{IP: h.V4.String()}, {IP: h.V6.String()}},
	}
	_, err = api.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

// addNode makes the object of the node, as its kubelet would.
func (c *Cluster) addNode() error {
	ctx, api := context.Background(), c.Client.CoreV1().Nodes()
	node, err := api.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeAddress}}
	_, err = api.UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// Clear removes all policies, pods and hosts. Namespaces stay: no controller would end them.
func (c *Cluster) Clear() error {
	var errs []error
	for _, h := range c.hosts {
		for _, s := range h.servers {
			errs = append(errs, s.Close())
		}
	}
	if len(c.hosts) > 0 {
		errs = append(errs, c.disconnect(c.hosts))
	}
	c.hosts = nil
	if c.Client == nil {
		return errors.Join(errs...)
	}
	errs = append(errs, c.clearObjects())
	return errors.Join(errs...)
}

func (c *Cluster) clearObjects() error {
	ctx, all, now := context.Background(), metav1.ListOptions{}, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	policies, err := c.Client.NetworkingV1().NetworkPolicies("").List(ctx, all)
	if err != nil {
		return err
	}
	pods, err := c.Client.CoreV1().Pods("").List(ctx, all)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range policies.Items {
		errs = append(errs, c.Client.NetworkingV1().NetworkPolicies(p.Namespace).Delete(ctx, p.Name, now))
	}
	for _, p := range pods.Items {
		errs = append(errs, c.Client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, now))
	}
	return errors.Join(errs...)
}
