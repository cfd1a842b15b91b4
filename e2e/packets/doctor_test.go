//go:build linux

package packets

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// madeUp is what a cluster with kube-router, a DNS of another label and a Fargate node has.
const madeUp = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: made-up, labels: {eks.amazonaws.com/compute-type: fargate}}
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: kube-router, namespace: kube-system}
  spec:
    selector: {matchLabels: {k8s-app: kube-router}}
    template:
      metadata: {labels: {k8s-app: kube-router}}
      spec:
        containers:
        - name: kube-router
          image: docker.io/cloudnativelabs/kube-router:v2.6.1
          args: ["--run-firewall=true", "--password=hunter2"]
          env: [{name: PASSWORD, value: hunter2}]
- apiVersion: v1
  kind: Service
  metadata: {name: kube-dns, namespace: kube-system}
  spec:
    clusterIP: 10.96.0.10
    selector: {k8s-app: coredns}
    ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
  addressType: IPv4
  endpoints: [{addresses: [192.0.2.10]}]
  ports: [{name: https, port: 6443, protocol: TCP}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: dev, namespace: shop}
  rules: [{apiGroups: ["", networking.k8s.io], resources: [pods, networkpolicies], verbs: [get, list]}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: dev, namespace: shop}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dev}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: dev}]
`

const examined = `package policy

namespace: "shop"
workloads: {
	web: {}
	api: ports: http: 8080
	gone: {}
}
apiserver: {cidrs: ["192.0.2.99/32"], ports: [6443]}
allow: ["web -> api", "gone -> apiserver"]
`

// doctor asks a real API server with the rights of an administrator, and with those of somebody who may read the pods and
// policies of one namespace.
func (b *bench) doctor(t *testing.T) {
	s := b.set(t, scenario{name: "doctor", pods: []cluster.Pod{pod("shop/web"), pod("shop/api"), pod("shop/other"), dns()}, ports: []string{"8080"}})
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"policy/policy.cue": examined})
	if _, err := s.Kubectl(dir, madeUp, "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.Kubectl(dir, madeUp, "delete", "-f", "-", "--wait=false"); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Kubectl(dir, "", "patch", "daemonset", "-n", "kube-system", "kube-router", "--subresource=status", "--type=merge",
		"-p", `{"status":{"currentNumberScheduled":1,"numberMisscheduled":0,"desiredNumberScheduled":2,"numberReady":1}}`); err != nil {
		t.Fatal(err)
	}
	ask := func(status int, args ...string) (out, said string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "bin")
		tool.Write(t, path, map[string]string{"kubectl": "#!/bin/sh\nexec \"$KUBECTL\" \"$@\"\n"})
		if err := os.Chmod(filepath.Join(path, "kubectl"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, said, err := s.Run(dir, "", []string{"PATH=" + path + ":" + os.Getenv("PATH")}, s.npgen, append([]string{"doctor", "policy"}, args...)...)
		got := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got != status {
			t.Errorf("exit status %d, want %d:\n%s%s", got, status, out, said)
		}
		return out, said
	}
	holds := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q is not in\n%s", w, text)
			}
		}
	}

	out, said := ask(1, "--record", "answers")
	holds(out, "kube-router v2.6.1: enforces (DaemonSet kube-system/kube-router)", "ready on 1 of 2, 1 of Fargate",
		`dns: profile: "coredns"`, `apiserver: {cidrs: ["192.0.2.10/32"], ports: [6443]}`, "shop: 2 of 3 covered", "can run: `npgen probe`",
		"NetworkPolicy (networking.k8s.io/v1)")
	holds(said, "[not-enforced]", "the `dns` of the package leaves out", "`gone` selects no pods of the cluster", "no workload selects the pods of Pod `other`",
		"`apiserver` does not hold `192.0.2.10:6443`, where the API server of the cluster answers", "nothing of the package is applied")
	again, saidAgain := ask(1, "--recorded", "answers")
	if again != out || saidAgain != said {
		t.Errorf("recorded it is\n%s%s\nand live\n%s%s", again, saidAgain, out, said)
	}
	files, err := filepath.Glob(filepath.Join(dir, "answers", "*"))
	if err != nil || len(files) < 15 {
		t.Fatalf("%d answers, %v", len(files), err)
	}
	for _, file := range files {
		if strings.Contains(tool.Read(t, file), "hunter2") {
			t.Errorf("%s has what is secret", file)
		}
	}

	// What is applied, and then drifts.
	if err := s.apply(s.run("", "build", "-q", filepath.Join(dir, "policy"))); err != nil {
		t.Fatal(err)
	}
	out, _ = ask(1)
	holds(out, "5 objects as in the package, 0 other, 0 missing, 0 left over")
	if _, err := s.Kubectl(dir, "", "patch", "networkpolicy", "-n", "shop", "api-allow-ingress", "--type=merge", "-p", `{"spec":{"ingress":[{}]}}`); err != nil {
		t.Fatal(err)
	}
	out, said = ask(1)
	holds(out, "4 objects as in the package, 1 other, 0 missing, 0 left over")
	holds(said, "1 object in the cluster is not as the package has it: `shop/api-allow-ingress`")

	// With the rights of a developer.
	config, err := s.Kubectl(dir, "", "config", "view", "--raw", "--flatten")
	if err != nil {
		t.Fatal(err)
	}
	tool.Write(t, dir, map[string]string{"dev.yaml": strings.Replace(config, "  user:\n", "  user:\n    as: dev\n", 1)})
	out, said = ask(1, "--kubeconfig", "dev.yaml")
	holds(out, "not known what enforces them", "shop: 2 of 3 covered", "4 objects as in the package, 1 other", "get nodes -o json`: not allowed",
		"get daemonsets.apps -A -o json`: not allowed", "which pods the package covers, but in the package's own namespaces", "cannot run: not allowed to create namespaces")
	holds(said, "[drift]", "[undeclared-pods]")
	for _, never := range []string{"[not-enforced]", "[dns-differs]", "[cluster-namespace]"} {
		if strings.Contains(said, never) {
			t.Errorf("what may not be read became a finding: %s", said)
		}
	}
}
