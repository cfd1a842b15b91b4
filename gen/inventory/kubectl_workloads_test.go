package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/internal/streamtest"
)

// TestRandomWorkloadsAsKubectl holds that of any stream the pods of Deployments and Pods are those that kubectl and the
// API server read, their labels, ports and network, or that something is named.
func TestRandomWorkloadsAsKubectl(t *testing.T) {
	streamtest.Hold(t, 5, 20000, 400, "workloads", workloadsAsKubectl)
}

func workload(kind string, o metav1.ObjectMeta, labels map[string]string, pods corev1.PodSpec) string {
	ports := map[string]bool{}
	for _, c := range pods.Containers {
		for _, p := range c.Ports {
			ports[fmt.Sprintf("%s=%d", p.Name, p.ContainerPort)] = true
		}
	}
	return fmt.Sprintf("%s %s/%s %v %v host=%v", kind, o.Namespace, o.Name, labels, slices.Sorted(maps.Keys(ports)), pods.HostNetwork)
}

// serverWorkloads returns the workloads that the API server has of a stream once kubectl has applied it, up to the first
// document that kubectl refuses; and those of which it warns or refuses a field, which npgen may count.
func serverWorkloads(data []byte) (taken, read map[string]bool) {
	taken, read = map[string]bool{}, map[string]bool{}
	documents, _ := streamtest.Documents(data)
	for _, d := range documents {
		objects, err := streamtest.Objects(d)
		if err != nil {
			break
		}
		for _, o := range objects {
			text, err := json.Marshal(o)
			if err != nil {
				break
			}
			var line string
			var pods corev1.PodSpec
			var unknown []error
			switch {
			case o["kind"] == "Deployment" && o["apiVersion"] == "apps/v1":
				var d appsv1.Deployment
				unknown, err = kjson.UnmarshalStrict(text, &d)
				pods = d.Spec.Template.Spec
				line = workload("Deployment", d.ObjectMeta, d.Spec.Template.Labels, pods)
			case o["kind"] == "Pod" && o["apiVersion"] == "v1":
				var p corev1.Pod
				unknown, err = kjson.UnmarshalStrict(text, &p)
				pods = p.Spec
				line = workload("Pod", p.ObjectMeta, p.Labels, pods)
			default:
				continue
			}
			if err != nil {
				continue
			}
			read[line] = true
			if len(unknown) == 0 && len(pods.Containers) > 0 {
				taken[line] = true
			}
		}
	}
	return taken, read
}

func workloadsAsKubectl(t *testing.T, data []byte) int {
	t.Helper()
	inv, findings, err := Read("", []string{"-"}, bytes.NewReader(data), budget.Limits{})
	if _, isTooMuch := errors.AsType[*budget.ExceededError](err); isTooMuch {
		return 0 // aliases that stand for more than anybody reads
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, w := range inv.Workloads {
		pods := corev1.PodSpec{HostNetwork: w.HostNetwork, Containers: []corev1.Container{{}}}
		for _, p := range w.Ports {
			pods.Containers[0].Ports = append(pods.Containers[0].Ports, corev1.ContainerPort{Name: p.Name, ContainerPort: int32(p.Number)})
		}
		got[workload(w.Kind, metav1.ObjectMeta{Namespace: w.Namespace, Name: w.Name}, w.Labels, pods)] = true
	}
	if len(inv.NotCounted) > 0 || len(findings) > 0 {
		return 0
	}
	taken, read := serverWorkloads(data)
	for line := range got {
		if !read[line] {
			t.Errorf("npgen has %s, kubectl has %v of %q, and nothing is named", line, slices.Sorted(maps.Keys(read)), data)
		}
	}
	for line := range taken {
		if !got[line] {
			t.Errorf("kubectl has %s, npgen has %v of %q, and nothing is named", line, slices.Sorted(maps.Keys(got)), data)
		}
	}
	return len(got)
}
