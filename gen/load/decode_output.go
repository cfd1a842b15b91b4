package load

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
)

func dnsProfileNames() []string {
	return []string{"kube-dns", "coredns", "openshift", "node-local", "gke-cloud-dns", "gke-node-local", "eks-auto", "custom"}
}

func groupings() []string { return []string{"workload", "edge"} }

// dns reads the field `dns` and fills in the profile's fields.
func (d *decoder) dns(v node, near diag.Pos) graph.DNSConfig {
	out := graph.DNSConfig{Auto: true, Profile: "kube-dns", Pos: near}
	var given profile
	var set struct{ namespace, labels, ports, cidrs bool }
	var cidrs []graph.Prefix
	if v.Exists() {
		out.Pos = d.at(v, near)
		pos := out.Pos
		d.structure(v, pos, "`dns`", fields{
			{"auto", func(v node) { out.Auto = d.boolean(v, pos, "`dns: auto`").Value }},
			{"profile", func(v node) {
				if word, ok := d.word(v, pos, "`dns: profile`", dnsProfileNames()...); ok {
					out.Profile = word
				}
			}},
			{"namespace", func(v node) {
				set.namespace, given.Namespace = true, d.namespaceName(v, pos, "`dns: namespace`").Value
			}},
			{"labels", func(v node) {
				set.labels, given.Labels = true, d.labels(v, pos)
				if value(v).IncompleteKind() == cue.StructKind && len(given.Labels) == 0 && isEmptyStruct(v) {
					d.findings.Errorf(diag.DNSProfile, d.at(v, pos), "`dns: labels` is empty, so every pod of the namespace would count as a DNS server").
						WithHelp("give the labels of the DNS pods; `kubectl get pods -n kube-system --show-labels` shows them")
				}
			}},
			{"ports", func(v node) { set.ports, given.Ports = true, d.dnsPorts(v, pos) }},
			{"cidrs", func(v node) { set.cidrs = true; cidrs = d.cidrs(v, pos, "`dns: cidrs`", graph.ParseCIDR) }},
		})
	}
	p := d.reader.schema.profiles[out.Profile]
	out.Namespace, out.Labels, out.Ports = p.Namespace, maps.Clone(p.Labels), slices.Clone(p.Ports)
	for _, c := range p.CIDRs {
		out.CIDRs = append(out.CIDRs, netip.MustParsePrefix(c))
	}
	if set.namespace {
		out.Namespace = given.Namespace
	}
	if set.labels {
		out.Labels = given.Labels
	}
	if set.ports {
		out.Ports = given.Ports
	}
	if set.cidrs {
		out.CIDRs = nil
		for _, c := range cidrs {
			out.CIDRs = append(out.CIDRs, c.Prefix)
		}
	}
	d.dnsComplete(&out, set.namespace)
	return out
}

func isEmptyStruct(v node) bool {
	fields, err := value(v).fields()
	if err != nil {
		return false
	}
	for range fields {
		return false
	}
	return true
}

// dnsComplete refuses a configuration that does not say where the DNS servers are.
func (d *decoder) dnsComplete(c *graph.DNSConfig, namespaceGiven bool) {
	if d.findings.Count(diag.Error) > 0 {
		return
	}
	switch {
	case !c.HasPods() && len(c.CIDRs) == 0 && c.Profile == "eks-auto":
		d.findings.Errorf(diag.DNSProfile, c.Pos, "the DNS profile `eks-auto` needs the address at which the nodes answer").
			WithHelp("write `cidrs: [\"172.20.0.10/32\"]`: it is the tenth address of the Service range, which `aws eks describe-cluster --name NAME --query cluster.kubernetesNetworkConfig` shows")
	case !c.HasPods() && len(c.CIDRs) == 0:
		d.findings.Errorf(diag.DNSProfile, c.Pos, "the DNS profile `%s` presets no servers, and `dns` gives none", c.Profile).
			WithHelp("write `namespace` and `labels` of the DNS pods, or `cidrs`")
	case c.HasPods() && c.Namespace == "":
		d.findings.Errorf(diag.DNSProfile, c.Pos, "`dns: labels` does not say in which namespace the DNS pods run").
			WithHelp("write `dns: namespace: \"kube-system\"`")
	case !c.HasPods() && namespaceGiven:
		d.findings.Errorf(diag.DNSProfile, c.Pos, "`dns: namespace` does not say which pods there are the DNS servers").
			WithHelp("write `dns: labels` too")
	}
}

// dnsPorts reads the numbers of the DNS ports; each stands for UDP and TCP.
func (d *decoder) dnsPorts(v node, near diag.Pos) []int {
	var out []int
	d.list(v, near, "`dns: ports`", "port numbers", func(v node) {
		port, ok := d.port(v, near, "a port of `dns`")
		switch {
		case !ok:
		case port.Lo != port.Hi || port.Protocol != graph.TCP || value(v).Kind() == cue.StringKind && !isNumber(v):
			d.findings.Errorf(diag.InvalidPort, d.at(v, near), "a port of `dns` is a number, not %s", shown(v)).
				WithHelp("DNS always gets both UDP and TCP, port by port: write `ports: [%d]`", port.Lo)
		default:
			out = append(out, port.Lo)
		}
	})
	if isEmptyList(v) {
		d.findings.Errorf(diag.DNSProfile, d.at(v, near), "`dns: ports` is an empty list").WithHelp("write `ports: [53]`")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func isNumber(v node) bool {
	s, err := value(v).str()
	if err != nil {
		return false
	}
	tok, err := graph.ParsePortToken(s)
	return err == nil && fmt.Sprint(tok.Lo) == s
}

// output reads the field `output`.
func (d *decoder) output(v node, near diag.Pos, p *decoded) graph.Output {
	out := graph.Output{Pos: near}
	name := graph.Text{}
	var annotations node
	if v.Exists() {
		out.Pos = d.at(v, near)
		pos := out.Pos
		d.structure(v, pos, "`output`", fields{
			{"name", func(v node) { name = d.outputName(v, pos) }},
			{"labels", func(v node) { out.Labels = d.labels(v, pos); d.reserved(v, pos) }},
			{"annotations", func(v node) { out.Annotations, annotations = d.annotations(v, pos), v; d.reserved(v, pos) }},
			{"grouping", func(v node) {
				word, _ := d.word(v, pos, "`output: grouping`", groupings()...)
				out.PerEdge = word == "edge"
			}},
			{"waves", func(v node) {
				if word, _ := d.word(v, pos, "`output: waves`", graph.NoWaves.String(), graph.ArgoCD.String()); word == graph.ArgoCD.String() {
					out.Waves = graph.ArgoCD
				}
			}},
			{"omitNamespace", func(v node) { out.OmitNamespace = d.boolean(v, pos, "`output: omitNamespace`") }},
			{"target", func(v node) {
				word, _ := d.word(v, pos, "`output: target`", graph.Kubernetes.String(), graph.Cilium.String())
				out.TargetPos = d.at(v, pos)
				if word == graph.Cilium.String() {
					out.Target = graph.Cilium
				}
			}},
			{"staged", func(v node) {
				word, _ := d.word(v, pos, "`output: staged`", "none", "calico")
				out.Staged = graph.Bool{Value: word == "calico", Set: true, Pos: d.at(v, pos)}
			}},
		})
		if out.Waves == graph.ArgoCD {
			d.waveTaken(annotations, pos)
		}
	}
	switch {
	case name.Value != "":
		out.Name = name.Value
	case p.Namespace.IsSet():
		out.Name = p.Namespace.Value
	default:
		out.Name = p.CUEName
	}
	if d.findings.Count(diag.Error) == 0 && !p.empty && (out.Name == "" || out.Name == "_" || len(validation.IsValidLabelValue(out.Name)) > 0) {
		d.findings.Errorf(diag.MissingField, out.Pos, "the package has no name for the label npgen.dev/package").
			WithHelp("write `output: name: \"...\"`, or set `namespace`")
	}
	return out
}

func (d *decoder) outputName(v node, near diag.Pos) graph.Text {
	t := d.text(v, near, "`output: name`")
	if t.Pos.IsValid() && (t.Value == "" || len(validation.IsValidLabelValue(t.Value)) > 0) {
		d.findings.Errorf(diag.InvalidLabel, t.Pos, "`output: name` is the value of a label, and `%s` is none", cut(t.Value)).
			WithHelp("a value has at most 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit")
	}
	return t
}

func (d *decoder) annotations(v node, near diag.Pos) map[string]string {
	out, size := map[string]string{}, 0
	d.entries(v, near, "`annotations`", func(key string, v node) {
		s, ok := d.str(v, near, "the annotation `"+key+"`")
		if ok {
			// as the API server does (apimachinery, ValidateAnnotations)
			if msgs := validation.IsQualifiedName(strings.ToLower(key)); len(msgs) > 0 {
				d.findings.Errorf(diag.InvalidLabel, d.label(v, near), "`%s` is not an annotation key", key).WithHelp(keyHelp)
			}
			d.carried(s, d.at(v, near), "the annotation `"+key+"`")
			out[key] = s
			size += len(key) + len(s)
		}
	})
	if size > maxAnnotations {
		d.findings.Errorf(diag.TooLarge, d.at(v, near), "`annotations` hold %d bytes, more than %d", size, maxAnnotations).
			WithHelp("every object carries them, and Kubernetes takes 256 KiB of annotations for an object; give a link instead of the text")
	}
	return out
}

// maxAnnotations leaves npgen's own annotations, two of at most 64 KiB, their place in the 256 KiB that the API server
// takes for an object (apimachinery, ValidateAnnotationsSize).
const maxAnnotations = 64 << 10

// reserved refuses the labels and annotations that npgen itself sets.
func (d *decoder) reserved(v node, near diag.Pos) {
	fields, err := value(v).fields()
	if err != nil {
		return
	}
	for key, v := range fields {
		if slices.Contains([]string{"app.kubernetes.io/managed-by", "npgen.dev/package", "npgen.dev/edges", "npgen.dev/why"}, key) {
			d.findings.Errorf(diag.ReservedName, d.label(v, near), "`%s` is set by npgen itself", key).
				WithHelp("remove it; `output: name` sets the value of npgen.dev/package")
		}
		d.foreign(key, d.label(v, near))
	}
}

// waveTaken refuses the annotation that `waves` sets. Without `waves` it is the user's own.
func (d *decoder) waveTaken(annotations node, near diag.Pos) {
	if !annotations.Exists() {
		return
	}
	fields, err := value(annotations).fields()
	if err != nil {
		return
	}
	for key, v := range fields {
		if key == graph.ArgoCDWaveKey {
			d.findings.Errorf(diag.ReservedName, d.label(v, near), "`%s` is set by `waves: \"%s\"`", key, graph.ArgoCD).
				WithHelp("remove the annotation, or `waves`")
		}
	}
}
