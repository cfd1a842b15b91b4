package inventory

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// workload adds a workload and returns what Kubernetes would refuse of its labels; path is where its pods' spec stands.
func (r *reader) workload(o *object, m *meta, s *controllerSpec, path ...any) (fault string) {
	t, selector := &s.Template, matchLabels(s.Selector)
	if fault := labelsFault(t.Labels); fault != "" {
		return fault
	}
	w := &Workload{
		Kind: o.Kind, Namespace: m.Namespace, Name: m.Name, Pos: o.pos,
		Labels: t.Labels, Own: m.Labels, HostNetwork: t.Spec.HostNetwork, Written: o.Written,
		Account:     cmp.Or(t.Spec.ServiceAccountName, t.Spec.DeprecatedServiceAccount, "default"),
		NoToken:     t.Spec.AutomountServiceAccountToken != nil && !*t.Spec.AutomountServiceAccountToken,
		Annotations: m.Annotations, PodAnnotations: t.Annotations, Governing: s.ServiceName,
	}
	if Within(selector, t.Labels) {
		w.Selector = selector
	}
	if c := metav1.GetControllerOfNoCopy(&m.ObjectMeta); c != nil {
		w.owner = owner{c.Kind, c.Name}
	}
	at := func(steps ...any) []any { return slices.Concat(path, steps) }
	for i, c := range t.Spec.InitContainers {
		w.addTexts(c, at("initContainers", i))
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			w.addPorts(c)
		}
	}
	for i, c := range t.Spec.Containers {
		w.Images = append(w.Images, c.Image)
		w.addTexts(c, at("containers", i))
		w.addPorts(c)
	}
	w.addVolumes(t.Spec.Volumes, at("volumes"))
	r.inv.Workloads = append(r.inv.Workloads, w)
	return ""
}

func (w *Workload) addPorts(c corev1.Container) {
	for _, p := range c.Ports {
		proto, ok := protocol(p.Protocol)
		port := Port{Name: p.Name, Number: int(p.ContainerPort), Protocol: proto}
		if ok && isPort(port.Number) && !slices.Contains(w.Ports, port) {
			w.Ports = append(w.Ports, port)
		}
	}
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if n := probedPort(probe); isPort(n) {
			w.probes = append(w.probes, Port{Number: n})
		}
	}
}

// probedPort returns the number that a probe checks on the pod, or 0.
func probedPort(p *corev1.Probe) int {
	switch {
	case p == nil:
	case p.HTTPGet != nil:
		return p.HTTPGet.Port.IntValue()
	case p.TCPSocket != nil:
		return p.TCPSocket.Port.IntValue()
	case p.GRPC != nil:
		return int(p.GRPC.Port)
	}
	return 0
}
