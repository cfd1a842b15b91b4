package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Label marks everything that a probe makes, with its id.
const Label = "npgen.dev/probe"

// lifetime is how long pods live where nobody removes them, in seconds.
const lifetime = 300

// pod is one that was made.
type pod struct{ namespace, name, ip, node string }

type object map[string]any

func (p *prober) namespace() string { return "npgen-probe-" + p.id }

func (p *prober) meta(namespace, name string, labels map[string]string) object {
	all := maps.Clone(labels)
	if all == nil {
		all = map[string]string{}
	}
	all[Label] = p.id
	out := object{"name": name, "labels": all}
	if namespace != "" {
		out["namespace"] = namespace
	}
	return out
}

// apply makes objects.
func (p *prober) apply(objects ...object) error {
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		return err
	}
	_, err = p.do(string(text), "apply", "-f", "-")
	return err
}

// in notes a namespace in which objects are about to be made.
func (p *prober) in(namespace string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made = append(p.made, namespace)
}

// owner makes the owner of the pods of a namespace: some engines leave pods alone that nobody owns, and no controller
// takes over a pod that has one.
func (p *prober) owner(namespace string) (object, error) {
	p.in(namespace)
	name := p.namespace()
	if err := p.apply(object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": p.meta(namespace, name, nil)}); err != nil {
		return nil, err
	}
	out, err := p.do("", "get", "configmap", name, "-n", namespace, "-o", "json")
	if err != nil {
		return nil, err
	}
	var v struct {
		Metadata struct{ UID string }
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return nil, err
	}
	return object{"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": v.Metadata.UID, "controller": true}, nil
}

// podObject is a throw-away pod. It is never ready, so that no Service sends anything to it.
func (p *prober) podObject(namespace, name string, labels map[string]string, owner object, away string, containers ...object) object {
	meta := p.meta(namespace, name, labels)
	meta["ownerReferences"] = []object{owner}
	spec := object{
		"containers": containers, "restartPolicy": "Never", "activeDeadlineSeconds": lifetime, "terminationGracePeriodSeconds": 1,
		"automountServiceAccountToken": false, "enableServiceLinks": false,
		"readinessGates":  []object{{"conditionType": Label}},
		"securityContext": object{"runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": object{"type": "RuntimeDefault"}},
	}
	if away != "" {
		spec["affinity"] = object{"podAntiAffinity": object{"preferredDuringSchedulingIgnoredDuringExecution": []object{{
			"weight": 100, "podAffinityTerm": object{"topologyKey": "kubernetes.io/hostname", "labelSelector": object{"matchLabels": object{"role": away}}},
		}}}}
	}
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
}

func (p *prober) container(name string, port int, args ...string) object {
	out := object{
		"name": name, "image": p.Image, "args": args,
		"resources":       object{"requests": object{"cpu": "10m", "memory": "16Mi"}, "limits": object{"memory": "64Mi"}},
		"securityContext": object{"allowPrivilegeEscalation": false, "capabilities": object{"drop": []string{"ALL"}}},
	}
	if port > 0 {
		out["ports"] = []object{{"containerPort": port}}
	}
	return out
}

func (p *prober) serving(port int) object {
	return p.container(fmt.Sprintf("port-%d", port), port, "netexec", fmt.Sprintf("--http-port=%d", port), "--udp-port=-1")
}

const clientContainer = "client"

func (p *prober) calling() object { return p.container(clientContainer, 0, "pause") }

// setUp makes the namespace and its pods, and waits until they run.
func (p *prober) setUp() error {
	ns := p.namespace()
	p.in(ns)
	if err := p.apply(object{"apiVersion": "v1", "kind": "Namespace", "metadata": p.meta("", ns, nil)}); err != nil {
		return err
	}
	owner, err := p.owner(ns)
	if err != nil {
		return err
	}
	role := func(name string) map[string]string { return map[string]string{"role": name} }
	err = p.apply(
		p.podObject(ns, "server", role("server"), owner, "", p.serving(8080), p.serving(8081)),
		p.podObject(ns, "client", role("client"), owner, "server", p.calling()),
		p.podObject(ns, "stranger", role("stranger"), owner, "server", p.calling()),
	)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		at   *pod
		name string
	}{{&p.server, "server"}, {&p.client, "client"}, {&p.stranger, "stranger"}} {
		if *x.at, err = p.running(ns, x.name); err != nil {
			return err
		}
	}
	where := "on another node"
	if p.client.node == p.server.node {
		where = "on the same node, as there was no other"
		p.notProven("traffic between nodes: all pods of the probe ran on `%s`", p.server.node)
	}
	p.event(time.Time{}, "server and client run, %s", where)
	return nil
}

// running waits for a pod to run.
func (p *prober) running(namespace, name string) (pod, error) {
	out := pod{namespace: namespace, name: name}
	phase := ""
	ok, err := p.await(max(p.Limit, time.Minute), func() (bool, error) {
		text, err := p.do("", "get", "pod", name, "-n", namespace, "-o", "json")
		if err != nil {
			return false, err
		}
		var v struct {
			Spec   struct{ NodeName string }
			Status struct{ Phase, PodIP string }
		}
		if err := json.Unmarshal(text, &v); err != nil {
			return false, err
		}
		out.ip, out.node, phase = v.Status.PodIP, v.Spec.NodeName, v.Status.Phase
		if phase == "Failed" || phase == "Succeeded" {
			return false, fmt.Errorf("pod `%s/%s` ended at once: see why with `kubectl describe pod -n %s %s`", namespace, name, namespace, name)
		}
		return phase == "Running" && out.ip != "", nil
	})
	if err == nil && !ok {
		err = fmt.Errorf("pod `%s/%s` does not run, it is `%s`: can the cluster pull `%s`? `--image` is another", namespace, name, phase, p.Image)
	}
	return out, err
}

// remove removes all that was made. It may be called twice, and at any time.
func (p *prober) remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed {
		return
	}
	p.removed = true
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	own := p.namespace()
	for _, ns := range slices.Compact(slices.Sorted(slices.Values(p.made))) {
		args := []string{"delete", "pods,configmaps,networkpolicies", "-n", ns, "-l", Label + "=" + p.id, "--wait=false", "--ignore-not-found"}
		if ns == own {
			if _, err := p.kubectl.Within(ctx, nil, "delete", "namespace", ns, "--wait=false", "--ignore-not-found"); err != nil {
				p.report.Left = append(p.report.Left, "kubectl delete namespace "+ns)
			}
		}
		if _, err := p.kubectl.Within(ctx, nil, args...); err != nil && ns != own {
			p.report.Left = append(p.report.Left, "kubectl "+strings.Join(args[:6], " "))
		}
	}
}
