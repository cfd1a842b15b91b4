package load

import (
	"cuelang.org/go/cue"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

func cniNames() []string {
	return []string{
		"cilium", "calico", "aws-vpc", "gke-dataplane-v2", "azure-cilium", "azure-npm", "ovn-kubernetes", "antrea", "kube-router",
		"kindnet",
	}
}

// cluster reads the field `cluster`.
func (d *decoder) cluster(v node, near diag.Pos) graph.Cluster {
	var out graph.Cluster
	near = d.at(v, near)
	ranges := func(into *graph.Ranges, what string) func(node) {
		return func(v node) {
			*into = graph.Ranges{Prefixes: d.cidrs(v, near, what, graph.ParseCIDR), Pos: d.at(v, near)}
			if isEmptyList(v) {
				d.findings.Errorf(diag.InvalidValue, into.Pos, "%s is an empty list", what).
					WithHelp("write the ranges, such as `[\"10.0.0.0/16\"]`, or remove the field")
			}
		}
	}
	d.structure(v, near, "`cluster`", fields{
		{"name", func(v node) {
			name := d.text(v, near, "`cluster: name`")
			if v := value(v); broken(v) || v.Kind() != cue.StringKind || d.checkName(name.Value, name.Pos, "a cluster") {
				out.Name = name
			}
		}},
		{"cni", func(v node) {
			if word, ok := d.word(v, near, "`cluster: cni`", cniNames()...); ok {
				out.CNI, out.Profile = graph.Text{Value: word, Pos: d.at(v, near)}, d.reader.schema.cnis[word]
			}
		}},
		{"pods", ranges(&out.Pods, "`cluster: pods`")},
		{"services", ranges(&out.Services, "`cluster: services`")},
		{"nodes", ranges(&out.Nodes, "`cluster: nodes`")},
	})
	return out
}
