package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Shape is a way to write a fleet as CUE.
type Shape string

// The shapes.
const (
	// OnePackage is one package in one file, with one list of edges: the widest list and struct that CUE can get.
	OnePackage Shape = "one"
	// NamedLists is one package with a file and a named list of edges for each namespace.
	NamedLists Shape = "lists"
	// Packages is a package of its own for each namespace.
	Packages Shape = "packages"
)

// Shapes returns all of them.
func Shapes() []Shape { return []Shape{OnePackage, NamedLists, Packages} }

// CUE returns the files of the fleet in a shape, by their path with slashes. Grouping is that of the output.
func (f *Fleet) CUE(shape Shape, grouping string) map[string]string {
	out := map[string]string{}
	output := func(name string) string { return fmt.Sprintf("output: {name: %q, grouping: %q}\n", name, grouping) }
	switch shape {
	case OnePackage:
		w := &writer{fleet: f}
		out["policy.cue"] = "package policy\n\n" + output("fleet") + w.namespaces() + w.externals(f.Externals) +
			w.workloads("") + w.edges("allow: ", "", f.Edges) + f.guardrails()
	case NamedLists:
		w := &writer{fleet: f}
		out["policy.cue"] = "package policy\n\n" + output("fleet") + w.namespaces() + w.externals(f.Externals) + guardrails(f.Namespaces...)
		for _, ns := range f.Namespaces {
			out[ns+".cue"] = "package policy\n\n" + w.workloads(ns) + w.edges(fmt.Sprintf("allow: %q: ", ns), ns, f.Edges)
		}
	case Packages:
		for _, ns := range f.Namespaces {
			w := &writer{fleet: f, home: ns}
			out[ns+"/policy.cue"] = fmt.Sprintf("package policy\n\nnamespace: %q\n", ns) + output(ns) +
				w.externals(f.externalsOf(ns)) + w.workloads(ns) + w.edges("allow: ", ns, f.Edges) + guardrails(ns)
		}
	}
	return out
}

// writer writes parts of a package. Names of the home namespace stand without it.
type writer struct {
	fleet *Fleet
	home  string
}

func (w *writer) namespaces() string {
	var out strings.Builder
	out.WriteString("namespaces: {\n")
	for _, ns := range w.fleet.Namespaces {
		fmt.Fprintf(&out, "\t%q: {}\n", ns)
	}
	out.WriteString("}\n")
	return out.String()
}

func (w *writer) externals(xs []External) string {
	var out strings.Builder
	for _, x := range xs {
		fmt.Fprintf(&out, "external: %q: {cidrs: [%s], ports: https: %d}\n", x.Name, quoted(x.CIDRs), x.Port)
	}
	return out.String()
}

// guardrails writes the guardrails that were asked for (Forbid), or else the usual ones.
func (f *Fleet) guardrails() string {
	if f.forbid == nil {
		return guardrails(f.Namespaces...)
	}
	return "forbid: [" + strings.Join(f.forbid, ", ") + "]\n"
}

// guardrails writes what every fleet keeps to: nobody enters on the port of SSH.
func guardrails(namespaces ...string) string {
	edges := make([]string, len(namespaces))
	for i, ns := range namespaces {
		edges[i] = "any -> " + ns + "/*:22"
	}
	return "forbid: [" + quoted(edges) + "]\n"
}

func quoted(texts []string) string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}

// workloads writes the workloads of a namespace; "" is all.
func (w *writer) workloads(ns string) string {
	var out strings.Builder
	out.WriteString("workloads: {\n")
	for _, x := range w.fleet.Workloads {
		if ns != "" && x.Namespace != ns {
			continue
		}
		fmt.Fprintf(&out, "\t%q: {", w.name(x.Namespace, x.Name))
		if x.Labels != nil {
			out.WriteString("labels: {")
			for i, key := range slices.Sorted(maps.Keys(x.Labels)) {
				if i > 0 {
					out.WriteString(", ")
				}
				fmt.Fprintf(&out, "%q: %q", key, x.Labels[key])
			}
			out.WriteString("}, ")
		}
		out.WriteString("ports: {")
		for i, p := range x.Ports {
			if i > 0 {
				out.WriteString(", ")
			}
			if p.UDP {
				fmt.Fprintf(&out, "%s: \"%d/udp\"", p.Name, p.Number)
			} else {
				fmt.Fprintf(&out, "%s: %d", p.Name, p.Number)
			}
		}
		out.WriteString("}}\n")
	}
	out.WriteString("}\n")
	return out.String()
}

// edges writes the edges that belong to a namespace, "" is all, as a list.
func (w *writer) edges(field, ns string, edges []Edge) string {
	var out strings.Builder
	out.WriteString(field + "[\n")
	for _, e := range edges {
		if ns == "" || w.fleet.Owner(e) == ns {
			out.WriteString("\t" + w.edge(e) + ",\n")
		}
	}
	out.WriteString("]\n")
	return out.String()
}

func (w *writer) edge(e Edge) string {
	from, to := w.end(e.From), w.end(e.To)
	var ports []string
	if !e.Implied {
		for _, p := range e.Ports {
			ports = append(ports, p.text())
		}
	}
	if e.Why == "" {
		text := from + " -> " + to
		if len(ports) > 0 {
			text += ":" + strings.Join(ports, ",")
		}
		return fmt.Sprintf("%q", text)
	}
	out := fmt.Sprintf("{from: %q, to: %q, ", from, to)
	if len(ports) > 0 {
		out += fmt.Sprintf("ports: [%s], ", quoted(ports))
	}
	return out + fmt.Sprintf("why: %q}", e.Why)
}

func (p Port) text() string {
	if p.UDP {
		return fmt.Sprintf("%d/udp", p.Number)
	}
	return fmt.Sprint(p.Number)
}

func (w *writer) end(e End) string {
	switch {
	case e.Workload >= 0:
		x := w.fleet.Workloads[e.Workload]
		return w.name(x.Namespace, x.Name)
	case e.External >= 0:
		return w.fleet.Externals[e.External].Name
	case e.Namespace != "":
		return w.name(e.Namespace, "*")
	case e.CIDR != "":
		return e.CIDR
	}
	return "internet"
}

func (w *writer) name(ns, name string) string {
	if ns == w.home {
		return name
	}
	return ns + "/" + name
}

// Owner returns the namespace that an edge belongs to: that of its source, or else of its target.
func (f *Fleet) Owner(e Edge) string {
	if e.From.Workload < 0 {
		return f.Workloads[e.To.Workload].Namespace
	}
	return f.Workloads[e.From.Workload].Namespace
}

// externalsOf returns the externals that the edges of a namespace name, in order.
func (f *Fleet) externalsOf(ns string) []External {
	used := map[int]bool{}
	for _, e := range f.Edges {
		if f.Owner(e) == ns {
			used[e.From.External], used[e.To.External] = true, true
		}
	}
	var out []External
	for i, x := range f.Externals {
		if used[i] {
			out = append(out, x)
		}
	}
	return out
}
