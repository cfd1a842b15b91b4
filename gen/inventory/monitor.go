package inventory

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// monitoringGroup is the API group of the Prometheus operator.
const monitoringGroup = "monitoring.coreos.com"

// Monitor is a ServiceMonitor or PodMonitor: the Services or pods that a Prometheus asks, and on which ports.
type Monitor struct {
	Kind, Namespace, Name string
	Labels                map[string]string
	// Selector selects Services, or pods for a PodMonitor.
	Selector metav1.LabelSelector
	// AnyNamespace and Namespaces are where; neither is its own.
	AnyNamespace bool
	Namespaces   []string
	Ports        []MonitorPort
	Written
}

// MonitorPort is a port by the name that the Service, or else the container, has for it, or by the pod's number.
type MonitorPort struct {
	Name   string
	Number int
	// OfPod is set where the name is the container's.
	OfPod bool
}

// Scrapes is the monitors that a Prometheus takes: of which labels, in which namespaces. A nil selector of monitors
// takes none; a nil selector of namespaces means its own.
type Scrapes struct {
	Services, ServiceNamespaces, Pods, PodNamespaces *metav1.LabelSelector
	// Alerts is the Services that it sends alerts to.
	Alerts []ServicePortName
}

// ServicePortName is a port of a Service as a custom resource names it.
type ServicePortName struct {
	Namespace, Name string
	Port            intstr.IntOrString
}

func (r *reader) monitor(o *object, m *meta) {
	type endpoint struct {
		Port       string              `json:"port"`
		TargetPort *intstr.IntOrString `json:"targetPort"`
		PortNumber int                 `json:"portNumber"`
	}
	var v struct {
		Spec struct {
			Selector          metav1.LabelSelector `json:"selector"`
			NamespaceSelector struct {
				Any        bool     `json:"any"`
				MatchNames []string `json:"matchNames"`
			} `json:"namespaceSelector"`
			Endpoints           []endpoint `json:"endpoints"`
			PodMetricsEndpoints []endpoint `json:"podMetricsEndpoints"`
		} `json:"spec"`
	}
	if o.decode(&v) != nil {
		return
	}
	out := &Monitor{
		Kind: o.Kind, Namespace: m.Namespace, Name: m.Name, Labels: m.Labels, Selector: v.Spec.Selector,
		AnyNamespace: v.Spec.NamespaceSelector.Any, Namespaces: v.Spec.NamespaceSelector.MatchNames, Written: o.Written,
	}
	for _, e := range append(v.Spec.Endpoints, v.Spec.PodMetricsEndpoints...) {
		p := MonitorPort{Name: e.Port, Number: e.PortNumber, OfPod: o.Kind == "PodMonitor"}
		if e.Port == "" && e.TargetPort != nil {
			p = MonitorPort{Name: e.TargetPort.StrVal, Number: int(e.TargetPort.IntVal), OfPod: true}
		}
		out.Ports = append(out.Ports, p)
	}
	r.inv.Monitors = append(r.inv.Monitors, out)
}

// madeByPrometheusOperator reads a Prometheus or Alertmanager: the labels and ports of its pods are those that the
// operator gives them, beside those that the resource adds.
func (r *reader) madeByPrometheusOperator(o *object, m *meta) {
	var v struct {
		Spec struct {
			PodMetadata struct {
				Labels map[string]string `json:"labels"`
			} `json:"podMetadata"`
			HostNetwork                     bool                  `json:"hostNetwork"`
			ServiceAccountName              string                `json:"serviceAccountName"`
			ServiceMonitorSelector          *metav1.LabelSelector `json:"serviceMonitorSelector"`
			ServiceMonitorNamespaceSelector *metav1.LabelSelector `json:"serviceMonitorNamespaceSelector"`
			PodMonitorSelector              *metav1.LabelSelector `json:"podMonitorSelector"`
			PodMonitorNamespaceSelector     *metav1.LabelSelector `json:"podMonitorNamespaceSelector"`
			Alerting                        struct {
				Alertmanagers []struct {
					Namespace string             `json:"namespace"`
					Name      string             `json:"name"`
					Port      intstr.IntOrString `json:"port"`
				} `json:"alertmanagers"`
			} `json:"alerting"`
		} `json:"spec"`
	}
	if o.decode(&v) != nil {
		return
	}
	s := &v.Spec
	kind := map[string]string{"Prometheus": "prometheus", "Alertmanager": "alertmanager"}[o.Kind]
	w := &Workload{
		Kind: o.Kind, Namespace: m.Namespace, Name: kind + "-" + m.Name, Pos: o.pos, Written: o.Written,
		Labels:   map[string]string{"app.kubernetes.io/name": kind, "app.kubernetes.io/instance": m.Name, "app.kubernetes.io/managed-by": "prometheus-operator", kind: m.Name},
		Selector: map[string]string{"app.kubernetes.io/name": kind, kind: m.Name},
		Account:  s.ServiceAccountName, HostNetwork: s.HostNetwork, Made: true,
		Ports: []Port{{Name: "web", Number: 9090}, {Name: "reloader-web", Number: 8080}},
	}
	if o.Kind == "Alertmanager" {
		w.Ports[0].Number = 9093
	} else {
		w.Scrapes = &Scrapes{
			Services: s.ServiceMonitorSelector, ServiceNamespaces: s.ServiceMonitorNamespaceSelector,
			Pods: s.PodMonitorSelector, PodNamespaces: s.PodMonitorNamespaceSelector,
		}
		for _, a := range s.Alerting.Alertmanagers {
			w.Scrapes.Alerts = append(w.Scrapes.Alerts, ServicePortName{a.Namespace, a.Name, a.Port})
		}
	}
	maps.Copy(w.Labels, s.PodMetadata.Labels)
	if labelsFault(w.Labels) != "" {
		return
	}
	r.inv.Made = append(r.inv.Made, w)
}
