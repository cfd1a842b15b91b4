package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/kubectl"
)

// reader asks queries and keeps what is said. After an error it asks nothing more.
type reader struct {
	cluster *kubectl.Cluster
	// owned is the namespaces that are asked of one by one where the whole cluster may not be.
	owned   []string
	unknown func(Unknown)
	err     error

	resources []string
	versions  []string
	sets      []daemonSet
	nodes     []node
	pods      []pod
	services  []service
	slices    []endpointSlice
	spaces    []named
	made      []raw
	policies  []raw
	// saw is the queries that were answered for the whole cluster, part those that were so for a namespace at least.
	saw, part  map[string]bool
	podAnswers []raw
}

// meta is what every object says of itself.
type meta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Owners      []struct {
		Kind       string `json:"kind"`
		Name       string `json:"name"`
		Controller bool   `json:"controller"`
	} `json:"ownerReferences"`
}

type named struct {
	Meta meta `json:"metadata"`
}

type container struct {
	Name    string   `json:"name"`
	Image   string   `json:"image"`
	Args    []string `json:"args"`
	Command []string `json:"command"`
	Env     []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
}

type daemonSet struct {
	named
	Spec struct {
		Template struct {
			Spec struct {
				Containers []container `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
	Status struct {
		Desired int `json:"desiredNumberScheduled"`
		Ready   int `json:"numberReady"`
	} `json:"status"`
}

type node struct {
	named
	Spec struct {
		ProviderID string `json:"providerID"`
	} `json:"spec"`
	Status struct {
		Info struct {
			Kubelet string `json:"kubeletVersion"`
			OS      string `json:"operatingSystem"`
		} `json:"nodeInfo"`
	} `json:"status"`
}

type pod struct {
	named
	Spec struct {
		HostNetwork bool   `json:"hostNetwork"`
		Node        string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
		IPs   []struct {
			IP string `json:"ip"`
		} `json:"podIPs"`
	} `json:"status"`
}

type service struct {
	named
	Spec struct {
		Selector   map[string]string `json:"selector"`
		ClusterIPs []string          `json:"clusterIPs"`
		Ports      []servicePort     `json:"ports"`
	} `json:"spec"`
}

type servicePort struct {
	Name       string          `json:"name"`
	Port       int             `json:"port"`
	Protocol   string          `json:"protocol"`
	TargetPort json.RawMessage `json:"targetPort"`
}

type endpointSlice struct {
	named
	Endpoints []struct {
		Addresses []string `json:"addresses"`
	} `json:"endpoints"`
	Ports []struct {
		Name     string `json:"name"`
		Port     int    `json:"port"`
		Protocol string `json:"protocol"`
	} `json:"ports"`
}

// raw is an object as it was answered.
type raw = json.RawMessage

// ask asks one query, and says what is not known where there is no answer.
func (r *reader) ask(q query) (kubectl.Answer, bool) {
	if r.err != nil {
		return kubectl.Answer{}, false
	}
	a, err := r.cluster.Ask(q.Query)
	if err != nil {
		r.err = err
		return a, false
	}
	if a.Why == kubectl.Absent && q.optional || a.Why == kubectl.NotRecorded && q.optional {
		return a, false
	}
	if a.Why != kubectl.Answered {
		r.miss(q, a)
		return a, false
	}
	return a, true
}

func (r *reader) miss(q query, a kubectl.Answer) {
	r.unknown(Unknown{Query: strings.Join(q.Args, " "), Why: a.Why, Without: q.without, Said: a.Said})
}

// into reads the answer of a query.
func (r *reader) into(q query, v any) bool {
	a, ok := r.ask(q)
	return ok && r.decode(q.Name, a.JSON, v)
}

func (r *reader) decode(name string, data []byte, v any) bool {
	if err := json.Unmarshal(data, v); err != nil {
		r.err = fmt.Errorf("the answer `%s` is not as Kubernetes gives it: %w", name, err)
		return false
	}
	return true
}

// items reads a list. Where the whole cluster may not be asked, the owned namespaces are, each by itself.
func (r *reader) items(q query) ([]raw, bool) {
	if r.err != nil {
		return nil, false
	}
	a, err := r.cluster.Ask(q.Query)
	if err != nil {
		r.err = err
		return nil, false
	}
	if a.Why == kubectl.Answered {
		var v struct{ Items []raw }
		r.saw[q.Name], r.part[q.Name] = true, true
		ok := r.decode(q.Name, a.JSON, &v)
		return v.Items, ok
	}
	if a.Why == kubectl.Absent && q.optional {
		return nil, true
	}
	if a.Why != kubectl.Forbidden || !q.scoped {
		r.miss(q, a)
		return nil, false
	}
	defer func() {
		if r.part[q.Name] {
			q.without += ", but in the package's own namespaces"
		}
		r.miss(q, a)
	}()
	at := slices.Index(q.Args, "-A")
	var all []raw
	for _, ns := range r.owned {
		one := q
		one.Name, one.Args = q.Name+"."+ns, slices.Replace(slices.Clone(q.Args), at, at+1, "-n", ns)
		a, ok := r.ask(one)
		var v struct{ Items []raw }
		if ok && r.decode(one.Name, a.JSON, &v) {
			all, r.part[q.Name] = append(all, v.Items...), true
		}
	}
	return all, r.part[q.Name]
}

// listed reads a list into objects of a type.
func listed[T any](r *reader, q query) []T {
	items, _ := r.items(q)
	var out []T
	for _, item := range items {
		var v T
		if !r.decode(q.Name, item, &v) {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// reach asks for the version, by which it shows whether there is an API server at all.
func (e *examiner) reach() error {
	q := versionQuery()
	a, err := e.cluster.Ask(q.Query)
	if err != nil {
		return err
	}
	var v struct {
		ServerVersion *struct{ GitVersion string } `json:"serverVersion"`
	}
	if a.Why == kubectl.Answered && e.decode(q.Name, a.JSON, &v) && v.ServerVersion != nil {
		e.d.Kubernetes = v.ServerVersion.GitVersion
		return nil
	}
	if a.Why == kubectl.Failing {
		return errors.New("the API server does not answer: " + a.Said)
	}
	e.miss(q, a)
	return e.err
}

// read asks for what is asked of every cluster.
func (e *examiner) read() {
	e.into(apiVersionsQuery(), &e.versions)
	e.into(apiResourcesQuery(), &e.resources)
	e.sets = listed[daemonSet](&e.reader, daemonSetsQuery())
	e.nodes = listed[node](&e.reader, nodesQuery())
	e.spaces = listed[named](&e.reader, namespacesQuery())
	e.services = listed[service](&e.reader, servicesQuery())
	e.slices = listed[endpointSlice](&e.reader, endpointSlicesQuery())
	e.podAnswers, _ = e.items(podsQuery())
	for _, item := range e.podAnswers {
		var p pod
		if e.decode("pods", item, &p) {
			e.pods = append(e.pods, p)
		}
	}
	if e.Graph != nil {
		for _, q := range []query{
			controllersQuery("deployments", "deployments.apps"), controllersQuery("statefulsets", "statefulsets.apps"), controllersQuery("cronjobs", "cronjobs.batch"),
		} {
			items, _ := e.items(q)
			e.made = append(e.made, items...)
		}
	}
	e.policies, _ = e.items(policiesQuery())
}

// slicesOf returns the EndpointSlices of a Service.
func (r *reader) slicesOf(namespace, name string) []endpointSlice {
	var out []endpointSlice
	for _, s := range r.slices {
		if s.Meta.Namespace == namespace && s.Meta.Labels["kubernetes.io/service-name"] == name {
			out = append(out, s)
		}
	}
	return out
}

// has reports whether the API server has a resource, by its full name.
func (r *reader) has(resource string) bool { return slices.Contains(r.resources, resource) }

// selects reports whether labels have all that a selector asks for, which is something.
func selects(selector, labels map[string]string) bool {
	for _, k := range slices.Sorted(maps.Keys(selector)) {
		if v, ok := labels[k]; !ok || v != selector[k] {
			return false
		}
	}
	return len(selector) > 0
}
