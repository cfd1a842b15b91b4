package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/graph"
)

// meta is what every object says of itself.
type meta struct {
	metav1.ObjectMeta `json:"metadata"`
}

// object adds an object of a kind that matters to the inventory.
func (r *reader) object(src *source, o *object) {
	read := r.kind(o)
	if read == nil {
		r.other(src, o)
		return
	}
	var m meta
	err := o.decode(&m)
	if m.Name == "" {
		m.Name = strings.TrimRight(m.GenerateName, "-.")
	}
	var fault string
	if err == nil {
		o.called(m.Namespace, m.Name)
		fault = metaFault(&m)
	}
	if err == nil && fault == "" {
		fault, err = read(o, &m)
	}
	switch {
	case err != nil:
		r.unread(src, o, fmt.Sprintf("this is not a %s as Kubernetes reads it: %s", o.Kind, errorText(err)))
	case fault != "":
		r.unread(src, o, fmt.Sprintf("this is not a %s as Kubernetes takes it: %s", o.Kind, fault))
	}
}

// kind returns the function that reads an object, or nil for a kind that does not matter. It returns what Kubernetes
// would refuse as a fault.
func (r *reader) kind(o *object) func(*object, *meta) (fault string, err error) {
	switch o.group() + "/" + o.Kind {
	case "/Namespace":
		return r.namespace
	case "/Service":
		return r.service
	case "/Pod":
		return r.pod
	case "networking.k8s.io/NetworkPolicy":
		if o.APIVersion == policyVersion {
			return r.policy
		}
	case "/ConfigMap", "/Secret":
		return r.config
	}
	if o.containers() && len(o.Kind) <= maxKind && len(validation.IsDNS1035Label(strings.ToLower(o.Kind))) == 0 {
		return r.controller
	}
	return r.frontEndKind(o)
}

// maxKind is the most bytes of a kind that names of workloads are made with; none is nearly that long.
const maxKind = 40

// containers reports whether the object holds a pod template where controllers have it.
func (o *object) containers() bool {
	type spec struct {
		Template struct {
			Spec struct {
				Containers json.RawMessage `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
		JobTemplate struct {
			Spec *spec `json:"spec"`
		} `json:"jobTemplate"`
	}
	var v struct {
		Spec *spec `json:"spec"`
	}
	if !bytes.Contains(o.JSON, []byte(`"containers"`)) || o.decode(&v) != nil {
		return false
	}
	if o.Kind == "CronJob" && v.Spec != nil {
		v.Spec = v.Spec.JobTemplate.Spec
	}
	return v.Spec != nil && v.Spec.Template.Spec.Containers != nil
}

// metaFault returns what Kubernetes would refuse of a name or a namespace. Placeholders of templates show here.
func metaFault(m *meta) string {
	if len(validation.IsDNS1123Subdomain(m.Name)) > 0 {
		return fmt.Sprintf("`%s` is not a name", m.Name)
	}
	return namespaceFault(m.Namespace)
}

func namespaceFault(namespace string) string {
	if namespace != "" && len(validation.IsDNS1123Label(namespace)) > 0 {
		return fmt.Sprintf("`%s` is not a namespace", namespace)
	}
	return ""
}

func labelsFault(labels map[string]string) string {
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if len(validation.IsQualifiedName(k)) > 0 || len(validation.IsValidLabelValue(labels[k])) > 0 {
			return fmt.Sprintf("`%s: %s` is not a label", k, labels[k])
		}
	}
	return ""
}

func (r *reader) namespace(o *object, m *meta) (string, error) {
	r.inv.Namespaces = append(r.inv.Namespaces, &Namespace{Name: m.Name, Labels: m.Labels, Annotations: m.Annotations, Pos: o.pos})
	return "", nil
}

func (r *reader) service(o *object, m *meta) (string, error) {
	var v struct {
		Spec corev1.ServiceSpec `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	if len(validation.IsDNS1123Label(m.Name)) > 0 {
		return fmt.Sprintf("`%s` is not the name of a Service", m.Name), nil
	}
	if fault := labelsFault(v.Spec.Selector); fault != "" {
		return fault, nil
	}
	s := &Service{
		Namespace: m.Namespace, Name: m.Name, Pos: o.pos,
		Selector: v.Spec.Selector, Type: string(v.Spec.Type), Headless: v.Spec.ClusterIP == corev1.ClusterIPNone,
		ExternalName: v.Spec.ExternalName, Labels: m.Labels, Annotations: m.Annotations,
	}
	if s.Type == "" {
		s.Type = string(corev1.ServiceTypeClusterIP)
	}
	for _, text := range append(v.Spec.ClusterIPs, v.Spec.ClusterIP) {
		if a, err := netip.ParseAddr(text); err == nil && !slices.Contains(s.Addresses, a) {
			s.Addresses = append(s.Addresses, a)
		}
	}
	for _, p := range v.Spec.Ports {
		if port, ok := servicePort(p); ok {
			s.Ports = append(s.Ports, port)
		}
	}
	r.inv.Services = append(r.inv.Services, s)
	return "", nil
}

func servicePort(p corev1.ServicePort) (ServicePort, bool) {
	proto, ok := protocol(p.Protocol)
	out := ServicePort{Name: p.Name, Number: int(p.Port), Protocol: proto, Target: int(p.Port)}
	switch {
	case p.TargetPort.Type == intstr.String:
		out.Target, out.TargetName = 0, p.TargetPort.StrVal
	case p.TargetPort.IntVal != 0:
		out.Target = int(p.TargetPort.IntVal)
	}
	return out, ok && isPort(out.Number) && (out.TargetName != "" || isPort(out.Target))
}

func isPort(n int) bool { return n >= 1 && n <= 65535 }

// protocol reads a protocol as the API writes it, TCP being its default.
func protocol(p corev1.Protocol) (graph.Protocol, bool) {
	if p == "" {
		return graph.TCP, true
	}
	for _, q := range graph.Protocols() {
		if string(p) == strings.ToUpper(q.String()) {
			return q, true
		}
	}
	return 0, false
}

func (r *reader) pod(o *object, m *meta) (string, error) {
	var v struct {
		Spec corev1.PodSpec `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	return r.workload(o, m, &controllerSpec{Template: corev1.PodTemplateSpec{ObjectMeta: m.ObjectMeta, Spec: v.Spec}}, "spec"), nil
}

// controllerSpec is what controllers have, those of jobs in the template of the job.
type controllerSpec struct {
	Selector    json.RawMessage        `json:"selector"`
	ServiceName string                 `json:"serviceName"`
	Template    corev1.PodTemplateSpec `json:"template"`
	JobTemplate struct {
		Spec *controllerSpec `json:"spec"`
	} `json:"jobTemplate"`
}

// controller reads a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or ReplicationController, and what
// else has a pod template where those have it, such as an Argo Rollout or an OpenShift DeploymentConfig.
func (r *reader) controller(o *object, m *meta) (string, error) {
	var v struct {
		Spec controllerSpec `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	s, path := &v.Spec, []any{"spec", "template", "spec"}
	if o.Kind == "CronJob" {
		s, path = s.JobTemplate.Spec, append([]any{"spec", "jobTemplate"}, path...)
	}
	isJob := o.Kind == "CronJob" || o.Kind == "Job"
	if len(s.Template.Labels) == 0 && !isJob || len(s.Template.Spec.Containers) == 0 {
		r.inv.Skipped++ // a patch for a merge: Kubernetes takes no such object
		return "", nil
	}
	return r.workload(o, m, s, path...), nil
}

// matchLabels returns the labels of a selector in either form: a LabelSelector, or a plain map as in a
// ReplicationController.
func matchLabels(raw json.RawMessage) map[string]string {
	var selector metav1.LabelSelector
	if json.Unmarshal(raw, &selector) == nil && (len(selector.MatchLabels) > 0 || len(selector.MatchExpressions) > 0) {
		return selector.MatchLabels
	}
	var plain map[string]string
	if json.Unmarshal(raw, &plain) != nil {
		return nil
	}
	return plain
}
