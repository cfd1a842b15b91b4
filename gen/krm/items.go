package krm

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/prove"
)

// The labels and annotations that npgen and orchestrators put on objects.
const (
	managedBy    = "app.kubernetes.io/managed-by"
	packageLabel = "npgen.dev/package"
)

// item is an object of the list, as far as it must be known.
type item struct {
	group, kind, namespace, name string
}

func itemOf(n *yaml.Node) item {
	group, _, qualified := strings.Cut(scalar(value(n, "apiVersion")), "/")
	if !qualified {
		group = ""
	}
	meta := value(n, "metadata")
	return item{group: group, kind: scalar(value(n, "kind")), namespace: scalar(value(meta, "namespace")), name: scalar(value(meta, "name"))}
}

func (i item) String() string {
	if i.namespace == "" {
		return i.kind + " `" + i.name + "`"
	}
	return i.kind + " `" + i.namespace + "/" + i.name + "`"
}

// owned reports whether an object is one that npgen wrote for one of the packages.
func owned(n *yaml.Node, packages []string) bool {
	labels := value(value(n, "metadata"), "labels")
	return strings.HasSuffix(scalar(value(n, "kind")), "NetworkPolicy") && scalar(value(labels, managedBy)) == "npgen" &&
		slices.Contains(packages, scalar(value(labels, packageLabel)))
}

// Replace puts a proven stream of policies in the place of those that the list has of the packages, and behind everything
// else. It returns what it removed without a successor. An object of somebody else's with the name of one of the
// policies is a finding, and then nothing changes.
func (l *List) Replace(packages []string, proven prove.Proven) (removed []string, findings diag.List, err error) {
	if !proven.Holds() {
		return nil, nil, prove.ErrNotProven
	}
	policies, err := policiesOf(proven.Stream())
	if err != nil {
		return nil, nil, err
	}
	wanted := make(map[item]*policy, len(policies))
	for _, p := range policies {
		wanted[p.item] = p
	}
	var kept []*yaml.Node
	for _, n := range l.items {
		id := itemOf(n)
		policy := wanted[id]
		switch {
		case !owned(n, packages) && policy == nil:
			kept = append(kept, n)
		case !owned(n, packages):
			findings.Errorf(diag.ObjectNameClash, l.pos(n), "%s is in the resources already, and is not of package `%s`", id, strings.Join(packages, "`, `")).
				WithHelp("remove or rename it; npgen replaces only its own objects of the same package")
		case policy != nil:
			policy.keepMarks(n)
		default:
			removed = append(removed, id.String())
		}
	}
	if len(findings) > 0 {
		return nil, findings, nil
	}
	if len(kept)+len(policies) > 0 && len(l.items) == 0 {
		l.list.Style &^= yaml.FlowStyle // of `items: []`
	}
	l.items, l.policies, l.list.Content = kept, policies, kept // what is replaced takes no memory
	return removed, nil, nil
}

// policy is one that is put into the list, as text: there are many, and a tree takes much more memory.
type policy struct {
	item
	text []byte
	// marks is annotations of the object that it replaces, keys and values.
	marks []*yaml.Node
}

// policiesOf returns the objects of a stream that npgen wrote.
func policiesOf(stream []byte) ([]*policy, error) {
	var out []*policy
	for doc := range strings.SplitSeq("\n"+string(stream), "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		p := &policy{text: []byte(doc)}
		n, err := p.node()
		if err != nil {
			return nil, err
		}
		p.item = itemOf(n)
		out = append(out, p)
	}
	return out, nil
}

// keepMarks notes what orchestrators noted on the object that is replaced: the file it came from, its place in it, the number
// by which they know it again.
func (p *policy) keepMarks(old *yaml.Node) {
	from := value(value(old, "metadata"), "annotations")
	if from == nil {
		return
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		if isMark(from.Content[i].Value) {
			p.marks = append(p.marks, text(from.Content[i].Value), target(from.Content[i+1]))
		}
	}
}

// node returns the object.
func (p *policy) node() (*yaml.Node, error) {
	n, err := document(p.text)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(p.marks); i += 2 {
		meta := value(n, "metadata")
		if value(meta, "annotations") == nil {
			setValue(meta, "annotations", mapping())
		}
		setValue(value(meta, "annotations"), p.marks[i].Value, p.marks[i+1])
	}
	return n, nil
}

// isMark reports whether an annotation is one of orchestrators about an object, and not a part of it.
func isMark(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return slices.Contains([]string{"config.kubernetes.io", "internal.config.kubernetes.io", "kustomize.config.k8s.io"}, domain)
}

// pathOf returns the file that an object came from, where the orchestrator says so.
func pathOf(n *yaml.Node) string {
	annotations := value(value(n, "metadata"), "annotations")
	return cmp.Or(scalar(value(annotations, "internal.config.kubernetes.io/path")), scalar(value(annotations, "config.kubernetes.io/path")))
}

// pos returns the place of an object: its file, or its line in the list.
func (l *List) pos(n *yaml.Node) diag.Pos {
	if path := pathOf(n); path != "" {
		return diag.Pos{File: path}
	}
	return at(n)
}

// Place returns a position in the list as one in the file that the object at that line came from, if that is known.
func (l *List) Place(p diag.Pos) diag.Pos {
	if p.File != stdin {
		return p
	}
	var last *yaml.Node
	for _, n := range l.items {
		if n.Line > 0 && n.Line <= p.Line {
			last = n
		}
	}
	if last == nil || pathOf(last) == "" {
		return p
	}
	return diag.Pos{File: pathOf(last), Object: p.Object, Field: p.Field}
}
