package inventory

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// Right says that an account may do something at the API server, so that its pods probably call that.
type Right struct {
	// Namespace and Account are the ServiceAccount; an empty account is every one of the namespace.
	Namespace, Account string
	// Role is what gives the right, such as "ClusterRole manager".
	Role string
	// Shown is set where the manifests show the role.
	Shown bool
	Written
}

// Addresses is the addresses behind a Service, as an EndpointSlice or Endpoints object writes them.
type Addresses struct {
	Namespace, Service string
	Addresses          []string
	Ports              []Port
	Written
}

// clue reads an object that says who needs the API server, what Prometheus asks, what stands behind a Service or which
// pods an operator makes. One that cannot be read is no clue, and nothing else.
func (r *reader) clue(o *object) {
	read := r.clueKind(o)
	var m meta
	if read == nil || o.decode(&m) != nil || m.Name == "" || namespaceFault(m.Namespace) != "" {
		return
	}
	o.called(m.Namespace, m.Name)
	read(o, &m)
}

func (r *reader) clueKind(o *object) func(*object, *meta) {
	switch group := o.group(); {
	case group == rbacv1.GroupName && (o.Kind == "Role" || o.Kind == "ClusterRole"):
		return r.role
	case group == rbacv1.GroupName && (o.Kind == "RoleBinding" || o.Kind == "ClusterRoleBinding"):
		return r.roleBinding
	case group == discoveryv1.GroupName && o.Kind == "EndpointSlice":
		return r.endpointSlice
	case group == "" && o.Kind == "Endpoints":
		return r.endpoints
	case group == monitoringGroup && (o.Kind == "ServiceMonitor" || o.Kind == "PodMonitor"):
		return r.monitor
	case group == monitoringGroup && (o.Kind == "Prometheus" || o.Kind == "Alertmanager"):
		return r.madeByPrometheusOperator
	case makesPods(group, o.Kind):
		return r.maker
	}
	return nil
}

// role is a Role or ClusterRole: whether it has any rule but `use`, which admission asks for and no pod.
type role struct{ kind, namespace, name string }

func (r *reader) role(o *object, m *meta) {
	var v struct {
		Rules []rbacv1.PolicyRule `json:"rules"`
	}
	if o.decode(&v) != nil {
		return
	}
	calls := slices.ContainsFunc(v.Rules, func(rule rbacv1.PolicyRule) bool {
		return slices.ContainsFunc(rule.Verbs, func(verb string) bool { return verb != "use" })
	})
	r.roles[role{o.Kind, m.Namespace, m.Name}] = calls
}

// binding is what a RoleBinding or ClusterRoleBinding gives to whom.
type binding struct {
	role   role
	rights []Right
}

func (r *reader) roleBinding(o *object, m *meta) {
	var v struct {
		RoleRef  rbacv1.RoleRef   `json:"roleRef"`
		Subjects []rbacv1.Subject `json:"subjects"`
	}
	if o.decode(&v) != nil {
		return
	}
	b := binding{role: role{v.RoleRef.Kind, "", v.RoleRef.Name}}
	if v.RoleRef.Kind == "Role" {
		b.role.namespace = m.Namespace
	}
	for _, s := range v.Subjects {
		if s.Kind == rbacv1.ServiceAccountKind {
			right := Right{Namespace: cmp.Or(s.Namespace, m.Namespace), Account: s.Name, Role: v.RoleRef.Kind + " " + v.RoleRef.Name, Written: o.Written}
			b.rights = append(b.rights, right)
		}
	}
	r.bindings = append(r.bindings, b)
}

// addRights keeps what bindings give. A role that the manifests do not show gives something, if it is none of those with
// which OpenShift says what pods may be.
func (r *reader) addRights() {
	for _, b := range r.bindings {
		if calls, known := r.roles[b.role]; calls || !known && !strings.HasPrefix(b.role.name, "system:openshift:scc:") {
			for _, right := range b.rights {
				right.Shown = known
				r.inv.Rights = append(r.inv.Rights, right)
			}
		}
	}
}

func (r *reader) endpointSlice(o *object, m *meta) {
	var v discoveryv1.EndpointSlice
	if o.decode(&v) != nil {
		return
	}
	out := Addresses{Namespace: m.Namespace, Service: cmp.Or(m.Labels[discoveryv1.LabelServiceName], m.Name), Written: o.Written}
	for _, e := range v.Endpoints {
		out.Addresses = append(out.Addresses, e.Addresses...)
	}
	for _, p := range v.Ports {
		if p.Port != nil {
			out.addPort(p.Name, *p.Port, p.Protocol)
		}
	}
	r.inv.Behinds = append(r.inv.Behinds, out)
}

func (r *reader) endpoints(o *object, m *meta) {
	var v struct {
		Subsets []corev1.EndpointSubset `json:"subsets"` //nolint:staticcheck // old, but still what people write by hand
	}
	if o.decode(&v) != nil {
		return
	}
	out := Addresses{Namespace: m.Namespace, Service: m.Name, Written: o.Written}
	for _, s := range v.Subsets {
		for _, a := range s.Addresses {
			out.Addresses = append(out.Addresses, a.IP)
		}
		for _, p := range s.Ports {
			out.addPort(&p.Name, p.Port, &p.Protocol)
		}
	}
	r.inv.Behinds = append(r.inv.Behinds, out)
}

func (a *Addresses) addPort(name *string, number int32, proto *corev1.Protocol) {
	p := Port{Number: int(number)}
	if name != nil {
		p.Name = *name
	}
	ok := true
	if proto != nil {
		p.Protocol, ok = protocol(*proto)
	}
	if ok && isPort(p.Number) && !slices.Contains(a.Ports, p) {
		a.Ports = append(a.Ports, p)
	}
}
