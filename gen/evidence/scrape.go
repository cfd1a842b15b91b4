package evidence

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
)

// scraped returns whom a Prometheus asks for metrics, by monitors and by annotations, and whom it sends alerts to.
func (f *Finder) scraped() []Call {
	var out []Call
	for _, m := range f.Monitors {
		found := false
		for _, w := range f.Workloads {
			if w.Scrapes != nil && f.takes(w, m) {
				found = true
				out = append(out, from(w, f.monitored(m))...)
			}
		}
		if !found {
			out = append(out, from(nil, f.monitored(m))...)
		}
	}
	var scraper *inventory.Workload
	for _, w := range f.Workloads {
		if scraper == nil && f.readsAnnotations(w) {
			scraper = w
		}
		if w.Scrapes == nil {
			continue
		}
		for _, a := range w.Scrapes.Alerts {
			out = append(out, f.alerted(w, a)...)
		}
	}
	return append(out, from(scraper, f.annotated())...)
}

// from gives calls their caller, a Prometheus that the manifests do not show where there is none.
func from(w *inventory.Workload, calls []Call) []Call {
	for i := range calls {
		calls[i].Caller, calls[i].Sure = Scraper, true
		if w != nil {
			calls[i].Caller, calls[i].From, calls[i].OwnPod = Pods, w, calls[i].To == w
		}
	}
	return calls
}

// takes reports whether a Prometheus takes a monitor.
func (f *Finder) takes(w *inventory.Workload, m *inventory.Monitor) bool {
	monitors, namespaces := w.Scrapes.Services, w.Scrapes.ServiceNamespaces
	if m.Kind == "PodMonitor" {
		monitors, namespaces = w.Scrapes.Pods, w.Scrapes.PodNamespaces
	}
	if monitors == nil || !selects(*monitors, m.Labels) {
		return false
	}
	if namespaces == nil {
		return m.Namespace == w.Namespace
	}
	of := map[string]string{"kubernetes.io/metadata.name": m.Namespace}
	for _, n := range f.Namespaces {
		if n.Name == m.Namespace {
			for k, v := range n.Labels {
				of[k] = v
			}
		}
	}
	return selects(*namespaces, of)
}

func selects(s metav1.LabelSelector, set map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(&s)
	return err == nil && selector.Matches(labels.Set(set))
}

// monitored returns what a monitor selects, without a caller.
func (f *Finder) monitored(m *inventory.Monitor) []Call {
	in := func(namespace string) bool {
		if m.AnyNamespace || len(m.Namespaces) == 0 {
			return m.AnyNamespace || namespace == m.Namespace
		}
		return slices.Contains(m.Namespaces, namespace)
	}
	var out []Call
	add := func(s *inventory.Service, w *inventory.Workload) {
		var ports []graph.Port
		for _, p := range m.Ports {
			ports = append(ports, monitorPorts(p, s, w)...)
		}
		if len(ports) > 0 {
			out = append(out, Call{To: w, Service: s, Ports: ports, Says: m.Kind + " " + m.Name, Pos: func() diag.Pos { return m.Key() }})
		}
	}
	if m.Kind == "PodMonitor" {
		for _, w := range f.Workloads {
			if in(w.Namespace) && selects(m.Selector, w.Labels) {
				add(nil, w)
			}
		}
		return out
	}
	for _, s := range f.Services {
		if in(s.Namespace) && selects(m.Selector, s.Labels) {
			for _, w := range f.Behind(s) {
				add(s, w)
			}
		}
	}
	return out
}

// monitorPorts returns the pod ports of one endpoint of a monitor; one that gives no port means all.
func monitorPorts(p inventory.MonitorPort, s *inventory.Service, w *inventory.Workload) []graph.Port {
	switch {
	case p.Number != 0:
		return []graph.Port{inventory.Port{Number: p.Number}.Graph()}
	case p.OfPod:
		if port := w.Port(p.Name); port != nil {
			return []graph.Port{port.Graph()}
		}
	case s != nil:
		return behindPorts(s, w, func(q inventory.ServicePort) bool { return q.Name == p.Name })
	}
	return nil
}

func (f *Finder) alerted(w *inventory.Workload, a inventory.ServicePortName) []Call {
	var out []Call
	for _, s := range f.services[a.Name] {
		if s.Namespace != cmp.Or(a.Namespace, w.Namespace) {
			continue
		}
		for _, to := range f.Behind(s) {
			ports := behindPorts(s, to, func(p inventory.ServicePort) bool {
				return a.Port.StrVal != "" && p.Name == a.Port.StrVal || a.Port.IntVal != 0 && p.Number == int(a.Port.IntVal)
			})
			if len(ports) > 0 {
				out = append(out, Call{From: w, To: to, Service: s, Ports: ports, Sure: true, Says: w.Kind + " alerting", Pos: func() diag.Pos { return w.Key("spec", "alerting") }})
			}
		}
	}
	return out
}

// readsAnnotations reports whether a workload is a Prometheus whose configuration asks for the annotations
// `prometheus.io/scrape`.
func (f *Finder) readsAnnotations(w *inventory.Workload) bool {
	isPrometheus := slices.ContainsFunc(w.Images, func(image string) bool {
		name, _, _ := strings.Cut(path.Base(image), ":")
		return strings.Contains(name, "prometheus") || strings.Contains(name, "vmagent")
	})
	if !isPrometheus {
		return false
	}
	for _, use := range w.Uses {
		for _, c := range f.configsOf(w, use) {
			for _, text := range c.Data {
				if strings.Contains(text, "annotation_prometheus_io_scrape") {
					return true
				}
			}
		}
	}
	return false
}

// annotated returns what asks to be scraped by annotations: of pods, whose port is theirs, and of Services.
func (f *Finder) annotated() []Call {
	var out []Call
	for _, w := range f.Workloads {
		if w.PodAnnotations["prometheus.io/scrape"] != "true" {
			continue
		}
		var ports []graph.Port
		if n := portNumber(w.PodAnnotations["prometheus.io/port"]); n != 0 {
			ports = append(ports, inventory.Port{Number: n}.Graph())
		} else if len(w.Ports) == 1 {
			ports = append(ports, w.Ports[0].Graph())
		}
		if len(ports) > 0 {
			out = append(out, Call{To: w, Ports: ports, Says: "annotation prometheus.io/scrape", Pos: func() diag.Pos { return w.Pos }})
		}
	}
	for _, s := range f.Services {
		if s.Annotations["prometheus.io/scrape"] != "true" {
			continue
		}
		n := portNumber(s.Annotations["prometheus.io/port"])
		for _, w := range f.Behind(s) {
			ports := behindPorts(s, w, func(p inventory.ServicePort) bool { return n == 0 || p.Number == n })
			if n != 0 && len(ports) == 0 {
				ports = []graph.Port{inventory.Port{Number: n}.Graph()} // pod port: the address of the endpoint with this port
			}
			if len(ports) > 0 {
				out = append(out, Call{To: w, Service: s, Ports: ports, Says: "annotation prometheus.io/scrape of Service " + s.Name, Pos: func() diag.Pos { return s.Pos }})
			}
		}
	}
	return out
}

// connectsTo is the annotation by which OpenShift's console draws an arrow from one workload to others.
const connectsTo = "app.openshift.io/connects-to"

// connected returns whom a workload says that it connects to: names with commas between them, or a list of objects.
func (f *Finder) connected(w *inventory.Workload) []Call {
	value := w.Annotations[connectsTo]
	if value == "" {
		return nil
	}
	type object struct{ Kind, Name string }
	var objects []object
	if json.Unmarshal([]byte(value), &objects) != nil {
		for name := range strings.SplitSeq(value, ",") {
			objects = append(objects, object{Name: strings.TrimSpace(name)})
		}
	}
	var out []Call
	for _, o := range objects {
		for _, to := range f.Workloads {
			if to == w || to.Namespace != w.Namespace || to.Name != o.Name || o.Kind != "" && o.Kind != to.Kind {
				continue
			}
			var ports []graph.Port
			for _, p := range f.Listening(to) {
				if !slices.Contains(ports, p.Graph()) {
					ports = append(ports, p.Graph())
				}
			}
			if len(ports) > 0 {
				pos := func() diag.Pos { return w.Value("metadata", "annotations", connectsTo) }
				out = append(out, Call{From: w, To: to, Ports: ports, Sure: len(ports) == 1, anyPort: len(ports) > 1, Says: "annotation " + connectsTo, Pos: pos})
			}
		}
	}
	return out
}
