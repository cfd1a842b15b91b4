package flows

import (
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/world"
)

// sameWorld returns both clusters with the same pods and namespaces, in the same order: those of the second, those of
// the first that it has not, and those of which only policies speak. What both have differs in port numbers and in the
// labels of namespaces alone.
func sameWorld(before, after world.Cluster) (world.Cluster, world.Cluster) {
	all := world.Cluster{
		Pods:       slices.Clone(after.Pods),
		Namespaces: maps.Clone(before.Namespaces),
		Policies:   slices.Concat(before.Policies, after.Policies),
	}
	if all.Namespaces == nil {
		all.Namespaces = map[string]map[string]string{}
	}
	for name, labels := range after.Namespaces {
		if labels != nil || all.Namespaces[name] == nil {
			all.Namespaces[name] = labels
		}
	}
	known := map[string]bool{}
	for _, p := range all.Pods {
		known[podKey(p)] = true
	}
	for _, p := range before.Pods {
		if !known[podKey(p)] {
			all.Pods = append(all.Pods, p)
		}
	}
	all = all.WithUnknown()
	named(all.Pods)
	return asSide(all, before), asSide(all, after)
}

// podKey is what policies know of a pod. The ports of a pod are found by it.
func podKey(p world.Pod) string {
	var b strings.Builder
	b.WriteString(p.Namespace)
	if p.HostNetwork {
		b.WriteString(" on the host network")
	}
	for _, k := range slices.Sorted(maps.Keys(p.Labels)) {
		b.WriteString("\n" + k + "=" + p.Labels[k])
	}
	return b.String()
}

// named tells pods of one name and other labels apart.
func named(pods []world.Pod) {
	labels := map[string]string{}
	twice := map[string]bool{}
	for _, p := range pods {
		name, key := p.Namespace+"/"+p.Name, podKey(p)
		if first, ok := labels[name]; ok && first != key {
			twice[name] = true
		}
		labels[name] = key
	}
	for i, p := range pods {
		if twice[p.Namespace+"/"+p.Name] {
			pods[i].Name += " {" + labelText(p.Labels) + "}"
		}
	}
}

func labelText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, k+"="+labels[k])
	}
	return strings.Join(out, ",")
}

// asSide returns the world with the policies of one side, and with its own ports and labels of namespaces where it has any.
func asSide(c, side world.Cluster) world.Cluster {
	out := world.Cluster{Pods: slices.Clone(c.Pods), Namespaces: maps.Clone(c.Namespaces), Policies: side.Policies, Ranges: side.Ranges}
	ports := map[string][]world.NamedPort{}
	byName := map[string][]world.NamedPort{}
	for _, p := range side.Pods {
		ports[podKey(p)] = p.Ports
		byName[p.Name+"\n"+podKey(p)] = p.Ports
	}
	for i, p := range out.Pods {
		if own, ok := byName[p.Name+"\n"+podKey(p)]; ok {
			out.Pods[i].Ports = own
		} else if own, ok := ports[podKey(p)]; ok {
			out.Pods[i].Ports = own
		}
	}
	for name, labels := range side.Namespaces {
		if labels != nil {
			out.Namespaces[name] = labels
		}
	}
	return out
}

// moved returns the pods that are on the host network on one side only, known by their names.
func moved(before, after world.Cluster) (onto, off []string) {
	host := map[string]bool{}
	for _, p := range before.Pods {
		host[p.Namespace+"/"+p.Name] = p.HostNetwork
	}
	for _, p := range after.Pods {
		name := p.Namespace + "/" + p.Name
		was, known := host[name]
		switch {
		case !known || was == p.HostNetwork:
		case was:
			off = append(off, name)
		default:
			onto = append(onto, name)
		}
	}
	slices.Sort(onto)
	slices.Sort(off)
	return slices.Compact(onto), slices.Compact(off)
}
