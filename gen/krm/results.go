package krm

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/diag"
)

// results returns findings as results of the KRM Functions Specification, in the place of those that an earlier run
// left. Where a result belongs to no file, it is about the functionConfig.
func (l *List) results(findings diag.List) *yaml.Node {
	out := &yaml.Node{Kind: yaml.SequenceNode}
	for _, d := range findings.Sorted() {
		n := mapping("message", string(diag.Lines([]byte(d.Text()))), "severity", d.Severity.String())
		inline := l.Config != nil && d.Pos.File == l.Config.File()
		if inline || d.Pos.File == stdin || d.Pos.File == "" {
			if ref := l.configRef(); len(ref.Content) > 0 {
				setValue(n, "resourceRef", ref)
			}
		} else {
			setValue(n, "file", mapping("path", d.Pos.File))
		}
		if inline {
			setValue(n, "field", mapping("path", "spec.package"))
		}
		tags := mapping("rule", d.Rule)
		if d.Pos.Line > 0 {
			setValue(tags, "line", text(strconv.Itoa(d.Pos.Line)))
		}
		if d.Pos.Col > 0 {
			setValue(tags, "column", text(strconv.Itoa(d.Pos.Col)))
		}
		setValue(n, "tags", tags)
		out.Content = append(out.Content, n)
	}
	return out
}

// configRef names the functionConfig, as far as it names itself.
func (l *List) configRef() *yaml.Node {
	config := value(l.root, "functionConfig")
	out := mapping()
	for _, key := range []string{"apiVersion", "kind"} {
		if v := scalar(value(config, key)); v != "" {
			setValue(out, key, text(v))
		}
	}
	for _, key := range []string{"name", "namespace"} {
		if v := scalar(value(value(config, "metadata"), key)); v != "" {
			setValue(out, key, text(v))
		}
	}
	return out
}
