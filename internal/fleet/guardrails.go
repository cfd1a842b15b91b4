package fleet

import (
	"errors"
	"fmt"
)

// Guardrails says which flows the packages of a fleet forbid.
type Guardrails string

// The guardrails.
const (
	// SSH is one for each namespace: nobody enters on the port of SSH.
	SSH Guardrails = "ssh"
	// None is none.
	None Guardrails = "none"
	// Kept is forty of eight kinds that hold, five of them only if no pod has the labels of two workloads.
	Kept Guardrails = "kept"
	// Broken is forty of eight kinds that the edges break.
	Broken Guardrails = "broken"
)

// Forbid gives a fleet, in the shape OnePackage, other guardrails than SSH.
func (f *Fleet) Forbid(g Guardrails) error {
	apart := f.apart()
	if len(apart) < places || len(f.called()) < places {
		return errors.New("no room for guardrails: too few workloads have callers, or namespaces nothing to do with each other")
	}
	forbid := map[Guardrails]func(*writer, called, [2]Workload) []string{
		SSH: nil, None: func(*writer, called, [2]Workload) []string { return nil }, Kept: kept, Broken: broken,
	}
	write, known := forbid[g]
	if !known {
		return fmt.Errorf("unknown guardrails `%s`", g)
	}
	if write == nil {
		return nil
	}
	f.forbid = []string{}
	w := &writer{fleet: f}
	for i, called := range f.called()[:places] {
		f.forbid = append(f.forbid, write(w, called, apart[i])...)
	}
	return nil
}

// places is for how many workloads there are guardrails of each kind.
const places = 5

// called is a workload that listens on 8080, and the names of the several workloads that call it.
type called struct {
	Workload
	callers []string
}

// called returns one workload of each namespace that has one.
func (f *Fleet) called() []called {
	names := &writer{fleet: f}
	callers := map[int][]string{}
	for _, e := range f.Edges {
		if e.From.Workload >= 0 && e.To.Workload >= 0 {
			callers[e.To.Workload] = append(callers[e.To.Workload], names.end(e.From))
		}
	}
	var out []called
	seen := map[string]bool{}
	for i, w := range f.Workloads {
		if len(callers[i]) > 1 && w.Ports[0].Number == 8080 && !seen[w.Namespace] {
			seen[w.Namespace] = true
			out = append(out, called{w, callers[i]})
		}
	}
	return out
}

// apart returns pairs of workloads of namespaces between which there is no edge, also not for pods that have the labels
// of others besides.
func (f *Fleet) apart() [][2]Workload {
	calls := map[[2]string]bool{}
	for _, e := range f.Edges {
		if e.From.Workload >= 0 && e.To.Workload >= 0 {
			calls[[2]string{f.Workloads[e.From.Workload].Namespace, f.Workloads[e.To.Workload].Namespace}] = true
		}
	}
	var out [][2]Workload
	for i, a := range f.Namespaces {
		for j, b := range f.Namespaces {
			if i != j && !calls[[2]string{a, b}] {
				out = append(out, [2]Workload{f.Workloads[i], f.Workloads[j]})
			}
		}
	}
	return out
}

// kept returns guardrails that hold, one of each kind.
func kept(names *writer, to called, apart [2]Workload) []string {
	ns, name := to.Namespace, names.name(to.Namespace, to.Name)
	return []string{
		quoted([]string{
			"any -> " + ns + "/*:22",
			"*/* -> " + name + ":22",
			ns + "/* -> " + names.fleet.Namespaces[0] + "/*:6379",
			name + " -> any:25",
			ns + "/* -> internet:22",
			ns + "/* -> 10.0.0.0/8:443",
			names.name(apart[0].Namespace, apart[0].Name) + " -> " + names.name(apart[1].Namespace, apart[1].Name) + ":8080",
		}),
		fmt.Sprintf(`{from: "*/*", to: %q, ports: ["8080"], except: [%s]}`, name, quoted(to.callers)),
	}
}

// broken returns guardrails that edges break, one of each kind.
func broken(names *writer, to called, _ [2]Workload) []string {
	ns, name := to.Namespace, names.name(to.Namespace, to.Name)
	return []string{
		quoted([]string{
			"any -> " + ns + "/*:8080",
			"*/* -> " + name,
			ns + "/* -> " + ns + "/*:8080",
			to.callers[0] + " -> any",
			ns + "/* -> internet:443",
			names.fleet.Externals[0].Name + " -> */*",
			to.callers[0] + " -> " + name,
		}),
		fmt.Sprintf(`{from: "*/*", to: %q, except: [%s]}`, name, quoted(to.callers[1:])),
	}
}
