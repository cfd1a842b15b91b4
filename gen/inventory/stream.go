package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

// part is one document of a stream, its first line counted from 1.
type part struct {
	line int
	text []byte
}

// split divides a stream at the lines that end a document (YAML 1.2.2, section 9.1), so that a broken document does
// not hide those behind it.
func split(data []byte) []part {
	parts := []part{{line: 1}}
	for n, line := range bytes.SplitAfter(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
		last := &parts[len(parts)-1]
		switch {
		case isMark(line, "---"):
			parts = append(parts, part{line: n + 1, text: slices.Clone(line)})
		case isMark(line, "..."):
			parts = append(parts, part{line: n + 2})
		default:
			last.text = append(last.text, line...)
		}
	}
	return slices.DeleteFunc(parts, func(p part) bool { return !p.hasContent() })
}

func isMark(line []byte, mark string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(mark))
	return ok && (len(rest) == 0 || bytes.ContainsRune([]byte(" \t\r\n"), rune(rest[0])))
}

// hasContent reports whether there is more than comments, directives and marks.
func (p part) hasContent() bool {
	for line := range bytes.Lines(p.text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != '%' && !bytes.Equal(line, []byte("---")) {
			return true
		}
	}
	return false
}

// source is the file that is being read.
type source struct {
	name string
	part part
	// expansion is what the file comes to with its aliases replaced.
	expansion budget.Expansion
	// template is set once the file was reported as a template.
	template bool
}

func (s *source) pos(line int) diag.Pos {
	return diag.Pos{File: s.name, Line: s.part.line + max(line, 1) - 1}
}

func (s *source) written(n *yaml.Node) Written {
	return Written{node: n, file: s.name, part: s.part}
}

func (r *reader) stream(name string, data []byte) error {
	src := &source{name: name}
	for _, p := range split(data) {
		src.part = p
		if err := r.document(src); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) document(src *source) error {
	// Not yaml.Unmarshal: it says nothing of what follows the end of the document.
	decoder := yaml.NewDecoder(bytes.NewReader(src.part.text))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			line, message := yamlError(err)
			r.unreadable(src, src.pos(line), "this is not valid YAML: "+message)
			return nil
		}
		if err := src.expansion.Add(r.limits, spoken(src.name), &doc); err != nil {
			return err
		}
		if len(doc.Content) > 0 {
			if err := r.node(src, doc.Content[0]); err != nil {
				return err
			}
		}
	}
}

// count refuses one object too many.
func (r *reader) count(src *source) error {
	if r.objects++; r.objects > r.limits.Objects {
		return &budget.ExceededError{What: spoken(src.name), Most: fmt.Sprintf("%d objects in the manifests", r.limits.Objects), Variable: budget.ObjectsVariable}
	}
	return nil
}

// yamlError returns the line that a message of the YAML library names, from 1, or 0; and the rest of it in one line.
func yamlError(err error) (int, string) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	message = strings.TrimSpace(strings.TrimPrefix(message, "unmarshal errors:"))
	line := 0
	if _, scan := fmt.Sscanf(message, "line %d:", &line); scan == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	message, _, _ = strings.Cut(message, " at line ") // the line of the document, not of the file
	return line, strings.Join(strings.Fields(message), " ")
}

// unreadable reports what was left out. Of a template one report is enough.
func (r *reader) unreadable(src *source, pos diag.Pos, message string) {
	r.inv.Incomplete = true
	if !isTemplate(src.part.text) {
		r.findings.Warnf(diag.ManifestSyntax, pos, "%s", message).WithHelp("the document was left out")
		return
	}
	if !src.template {
		src.template = true
		before, _, _ := bytes.Cut(src.part.text, []byte("{{"))
		pos.Line = src.part.line + bytes.Count(before, []byte("\n"))
		r.findings.Warnf(diag.ManifestTemplate, pos, "this is a template, not a manifest").
			WithHelp("render it first, as with `helm template CHART`, and give npgen what that prints; the document was left out")
	}
}

func isTemplate(text []byte) bool { return bytes.Contains(text, []byte("{{")) }

// node reads an object, or each object of a list.
func (r *reader) node(src *source, n *yaml.Node) error {
	if err := r.count(src); err != nil {
		return err
	}
	o := &object{
		apiVersion: scalar(valueOf(n, "apiVersion")), kind: scalar(valueOf(n, "kind")),
		node: n, pos: src.pos(n.Line), written: src.written(n),
	}
	items := valueOf(n, "items")
	switch {
	case isKustomization(src.name, o):
		r.kustomization(o)
	case strings.HasSuffix(o.kind, "List") && items != nil && items.Kind == yaml.SequenceNode:
		// An alias among the items is no object of its own; following it could go in circles.
		for _, item := range items.Content {
			if err := r.node(src, item); err != nil {
				return err
			}
		}
	case o.kind == "":
		r.inv.Skipped++
	default:
		r.object(src, o)
	}
	return nil
}

// valueOf returns the value of a key of a mapping, or nil.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func isKustomization(file string, o *object) bool {
	return o.kind == "Kustomization" && (o.apiVersion == "" || strings.HasPrefix(o.apiVersion, "kustomize.config.k8s.io/")) ||
		o.kind == "" && strings.TrimSuffix(path.Base(filepath.ToSlash(file)), path.Ext(file)) == "kustomization"
}

// kustomization notes that the manifests are not yet what runs.
func (r *reader) kustomization(o *object) {
	r.inv.Skipped++
	for _, key := range []string{"commonLabels", "labels", "namePrefix", "nameSuffix", "namespace", "patches", "components"} {
		if n := valueOf(o.node, key); n != nil && (len(n.Content) > 0 || n.Value != "") {
			r.inv.Incomplete = true
			pos := o.pos
			pos.Line += n.Line - o.node.Line
			r.findings.Infof(diag.ManifestTemplate, pos, "kustomize changes these manifests (`%s`) before they are applied", key).
				WithHelp("render them first, as with `kubectl kustomize DIR`, and give npgen what that prints")
			return
		}
	}
}

// object is one Kubernetes object of a document.
type object struct {
	apiVersion, kind string
	node             *yaml.Node
	pos              diag.Pos
	written          Written
}

// group returns the API group; empty for the core group.
func (o *object) group() string {
	group, _, ok := strings.Cut(o.apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// decode reads the object into a struct with the API's json tags. The line is that of a YAML error, or 0.
func (o *object) decode(into any) (line int, err error) {
	var v any
	datesAsText(o.node)
	if err := o.node.Decode(&v); err != nil {
		line, message := yamlError(err)
		return line, fmt.Errorf("%s", message)
	}
	data, err := json.Marshal(stringKeys(v))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return 0, fmt.Errorf("%s", cmp.Or(strings.TrimPrefix(err.Error(), "json: "), "unknown error"))
	}
	return 0, nil
}

// datesAsText makes dates the texts that they are in JSON and so to the API.
func datesAsText(n *yaml.Node) {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		datesAsText(c)
	}
}

// stringKeys returns the value with all keys of mappings as text, as JSON and the API have them.
func stringKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = stringKeys(x)
		}
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[fmt.Sprint(k)] = stringKeys(x)
		}
		return out
	case []any:
		for i, x := range v {
			v[i] = stringKeys(x)
		}
	}
	return v
}
