package inventory

import (
	"cmp"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/diag"
)

// FrontEnd is something besides the workloads that sends traffic to a Service: an Ingress, a route, a webhook.
type FrontEnd struct {
	// Of is what sends, such as "Ingress web".
	Of                 string
	Namespace, Service string
	// Port and PortName name the Service's port; where neither is set, every port.
	Port     int
	PortName string
	// Class is the class of an Ingress, "openshift" for a Route of OpenShift and "gateway" for one of the Gateway API.
	Class string
	// APIServer is set where the API server calls; else the pods of an ingress controller do.
	APIServer bool
	Pos       diag.Pos
	Written
}

// frontEndKind returns the function that reads an object which sends traffic to Services, or nil.
func (r *reader) frontEndKind(o *object) func(*object, *meta) (string, error) {
	switch o.group() + "/" + o.Kind {
	case "networking.k8s.io/Ingress":
		return r.ingress
	case "route.openshift.io/Route":
		return r.openShiftRoute
	case "gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute", "gateway.networking.k8s.io/TCPRoute",
		"gateway.networking.k8s.io/TLSRoute", "gateway.networking.k8s.io/UDPRoute":
		return r.gatewayRoute
	case "admissionregistration.k8s.io/MutatingWebhookConfiguration", "admissionregistration.k8s.io/ValidatingWebhookConfiguration":
		return r.webhooks
	case "apiregistration.k8s.io/APIService", "apiextensions.k8s.io/CustomResourceDefinition":
		return r.apiExtension
	}
	return nil
}

// addFrontEnd adds what an object sends to one Service.
func (r *reader) addFrontEnd(o *object, m *meta, f FrontEnd) {
	if f.Service == "" {
		return
	}
	f.Of, f.Pos, f.Written = o.Kind+" "+m.Name, o.pos, o.Written
	f.Namespace = cmp.Or(f.Namespace, m.Namespace)
	r.inv.FrontEnds = append(r.inv.FrontEnds, f)
}

func (r *reader) ingress(o *object, m *meta) (string, error) {
	var v struct {
		Spec networkingv1.IngressSpec `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	class := m.Annotations["kubernetes.io/ingress.class"]
	if v.Spec.IngressClassName != nil {
		class = *v.Spec.IngressClassName
	}
	add := func(b *networkingv1.IngressBackend) {
		if b != nil && b.Service != nil {
			port := b.Service.Port
			r.addFrontEnd(o, m, FrontEnd{Service: b.Service.Name, Port: int(port.Number), PortName: port.Name, Class: class})
		}
	}
	add(v.Spec.DefaultBackend)
	for _, rule := range v.Spec.Rules {
		if rule.HTTP != nil {
			for _, p := range rule.HTTP.Paths {
				add(&p.Backend)
			}
		}
	}
	return "", nil
}

// openShiftRoute reads a Route. Its port is that of the pod or the name of the Service's port.
func (r *reader) openShiftRoute(o *object, m *meta) (string, error) {
	type to struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	}
	var v struct {
		Spec struct {
			To                to   `json:"to"`
			AlternateBackends []to `json:"alternateBackends"`
			Port              struct {
				TargetPort intstr.IntOrString `json:"targetPort"`
			} `json:"port"`
		} `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	r.inv.OpenShift = true
	for _, t := range append(v.Spec.AlternateBackends, v.Spec.To) {
		if t.Kind == "" || t.Kind == "Service" {
			r.addFrontEnd(o, m, FrontEnd{Service: t.Name, PortName: v.Spec.Port.TargetPort.StrVal, Class: "openshift"})
		}
	}
	return "", nil
}

func (r *reader) gatewayRoute(o *object, m *meta) (string, error) {
	var v struct {
		Spec struct {
			Rules []struct {
				BackendRefs []struct {
					Group     string `json:"group"`
					Kind      string `json:"kind"`
					Name      string `json:"name"`
					Namespace string `json:"namespace"`
					Port      int    `json:"port"`
				} `json:"backendRefs"`
			} `json:"rules"`
		} `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	for _, rule := range v.Spec.Rules {
		for _, b := range rule.BackendRefs {
			if b.Group == "" && (b.Kind == "" || b.Kind == "Service") {
				r.addFrontEnd(o, m, FrontEnd{Namespace: b.Namespace, Service: b.Name, Port: b.Port, Class: "gateway"})
			}
		}
	}
	return "", nil
}

// serviceReference is how the configuration of the API server names a Service; the port is 443 where none is given.
type serviceReference struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Port      int    `json:"port"`
}

// clientConfig is where the API server finds what it calls.
type clientConfig struct {
	Service *serviceReference `json:"service"`
}

func (r *reader) addAPIServer(o *object, m *meta, s *serviceReference) {
	if s != nil {
		r.addFrontEnd(o, m, FrontEnd{Namespace: s.Namespace, Service: s.Name, Port: cmp.Or(s.Port, 443), APIServer: true})
	}
}

func (r *reader) webhooks(o *object, m *meta) (string, error) {
	var v struct {
		Webhooks []struct {
			ClientConfig clientConfig `json:"clientConfig"`
		} `json:"webhooks"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	for _, w := range v.Webhooks {
		r.addAPIServer(o, m, w.ClientConfig.Service)
	}
	return "", nil
}

// apiExtension reads an APIService, or the conversion webhook of a CustomResourceDefinition.
func (r *reader) apiExtension(o *object, m *meta) (string, error) {
	var v struct {
		Spec struct {
			Service    *serviceReference `json:"service"`
			Conversion struct {
				Webhook struct {
					ClientConfig clientConfig `json:"clientConfig"`
				} `json:"webhook"`
			} `json:"conversion"`
		} `json:"spec"`
	}
	if err := o.decode(&v); err != nil {
		return "", err
	}
	r.addAPIServer(o, m, v.Spec.Service)
	r.addAPIServer(o, m, v.Spec.Conversion.Webhook.ClientConfig.Service)
	return "", nil
}
