package inventory

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
	"github.com/npgen/npgen/gen/ignore"
)

// source is the file that is being read.
type source struct {
	*document
	// template is set once the file was reported as a template.
	template bool
	// expansion is what the file comes to with its aliases replaced.
	expansion budget.Expansion
	// noObjects holds the documents so far that are no objects. A file of such alone is none of Kubernetes.
	noObjects []*document
}

func (r *reader) stream(name string, data []byte) error {
	src := &source{}
	for _, d := range stream.Split(data) {
		src.document = &document{file: name, line: d.Line, text: d.Text}
		r.inv.Comments = append(r.inv.Comments, ignore.InYAML(name, d.Line, d.Text)...)
		if d.Refused == nil && r.emitted(src) {
			if err := r.another(src); err != nil {
				return err
			}
			continue
		}
		if err := r.document(src, d); err != nil {
			return err
		}
	}
	return nil
}

// another counts an object.
func (r *reader) another(src *source) error {
	if r.count++; r.count > r.limits.Objects {
		return &budget.ExceededError{What: spoken(src.file), Most: fmt.Sprintf("%d objects in the manifests", r.limits.Objects), Variable: budget.ObjectsVariable}
	}
	return nil
}

func (r *reader) document(src *source, d stream.Document) error {
	if d.Refused != nil {
		r.unreadable(src, src.pos(d.RefusedAt-d.Line+1), d.Refused.Error())
		return nil
	}
	if err := d.Expand(&src.expansion, r.limits, spoken(src.file)); err != nil {
		return err
	}
	content, err := d.Content()
	if err != nil {
		line, message := yamlError(err)
		pos := src.pos(line)
		if line == 0 {
			pos = src.start()
		}
		r.unreadable(src, pos, "this is not valid YAML: "+message)
		return nil
	}
	data := content.JSON
	src.isPlain = content.Plain
	var read []*object
	defer func() {
		if content.Twice {
			r.keyTwice(src, read)
		}
	}()
	if d.Behind() {
		r.unreadable(src, src.start(), "kubectl reads nothing of what stands behind the end of this document").
			WithHelp("divide documents by a line `---`; what stands behind the end was left out")
	}
	objects, err := r.objects(data)
	if err != nil {
		r.unreadable(src, src.start(), errorText(err))
		return nil
	}
	if len(objects) == 0 && !bytes.HasPrefix(data, []byte("{")) && !bytes.Equal(data, []byte("null")) {
		r.noObject(src)
	}
	for _, x := range objects {
		if err := r.another(src); err != nil {
			return err
		}
		o := &object{Object: x, Written: Written{src.document, x.Item + 1, &diag.Object{Kind: x.Kind}}}
		o.pos = o.start()
		r.node(src, o)
		read = append(read, o)
	}
	return nil
}

// keyTwice reports a key that stands twice in a mapping, in one of the objects of a document. One that a merge has given
// already is none.
func (r *reader) keyTwice(src *source, read []*object) {
	root := src.node()
	if key := keyTwice(root); key != nil {
		in := Written{document: src.document}
		for _, o := range read {
			if _, ok := pathTo(o.Node(), key); ok {
				in = o.Written
			}
		}
		r.findings.Warnf(diag.ManifestSyntax, in.At(key), "the key `%s` stands twice in a mapping, and the last one counts", key.Value).
			WithHelp("leave one of them out")
	} else if root != nil && bytes.HasPrefix(bytes.TrimSpace(src.text), []byte("{")) {
		r.findings.Warnf(diag.ManifestSyntax, src.start(), "a key stands twice in an object, and the last one counts").WithHelp("leave one of them out")
	}
}

// yamlError returns the line that a message of the YAML library names, from 1, or 0; and the rest of it in one line.
func yamlError(err error) (int, string) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if _, scan := fmt.Sscanf(message, "line %d:", &line); scan == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	return line, strings.Join(strings.Fields(message), " ")
}

func errorText(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "json: ")), " ")
}

// unreadable reports what was left out. Of a template one report is enough.
func (r *reader) unreadable(src *source, pos diag.Pos, message string) *diag.Diagnostic {
	r.notCounted(NotCounted{Pos: pos, Everywhere: true, Reason: message, Text: src.text})
	return r.leftOut(src, pos, message)
}

// unread reports an object that was left out.
func (r *reader) unread(src *source, o *object, message string) {
	r.notCounted(o.notCounted(message))
	finding := r.leftOut(src, o.pos, message)
	r.refuse(src, o, finding)
}

func (r *reader) leftOut(src *source, pos diag.Pos, message string) *diag.Diagnostic {
	r.inv.Incomplete = true
	if !isTemplate(src.text) {
		return r.findings.Warnf(diag.ManifestSyntax, pos, "%s", message).WithHelp("the document was left out")
	}
	if !src.template {
		src.template = true
		before, _, _ := bytes.Cut(src.text, []byte("{{"))
		r.templates = append(r.templates, unrendered{named: r.named, pos: src.pos(1 + bytes.Count(before, []byte("\n")))})
	}
	if bytes.Contains(src.text, []byte("NetworkPolicy")) {
		r.templates[len(r.templates)-1].hasPolicy = true
	}
	return &diag.Diagnostic{}
}

func isTemplate(text []byte) bool { return bytes.Contains(text, []byte("{{")) }

// node reads an object.
func (r *reader) node(src *source, o *object) {
	switch {
	case isKustomization(src.file, o):
		r.kustomization(o)
	case o.Kind == "" && o.APIVersion == "" && o.item == 0:
		r.noObject(src)
	case o.Kind == "" || o.APIVersion == "":
		r.unread(src, o, "this has no `kind` or no `apiVersion`, and kubectl refuses it")
	default:
		r.kubectlStops(src)
		r.object(src, o)
	}
}

func (r *reader) noObject(src *source) {
	r.inv.Skipped++
	src.noObjects = append(src.noObjects, src.document)
}

// kubectlStops reports documents that are no objects, once there is an object behind them, to which kubectl does not come.
func (r *reader) kubectlStops(src *source) {
	for _, d := range src.noObjects {
		r.unreadable(&source{document: d}, d.start(), "this is no object, as it has no `kind` and no `apiVersion`; kubectl refuses it, and applies nothing that stands behind it")
	}
	src.noObjects = nil
}

func isKustomization(file string, o *object) bool {
	return o.Kind == "Kustomization" && (o.APIVersion == "" || strings.HasPrefix(o.APIVersion, "kustomize.config.k8s.io/")) ||
		o.Kind == "" && strings.TrimSuffix(path.Base(filepath.ToSlash(file)), path.Ext(file)) == "kustomization"
}

// object is one Kubernetes object of a document.
type object struct {
	stream.Object
	Written
	pos diag.Pos
}

// group returns the API group; empty for the core group.
func (o *object) group() string {
	group, _, ok := strings.Cut(o.APIVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// decode reads the object into a struct with the API's json tags, as the API server does: names of fields are exact.
func (o *object) decode(into any) error {
	return kjson.UnmarshalCaseSensitivePreserveInts(o.JSON, into)
}
