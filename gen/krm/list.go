// Package krm is npgen as a KRM function: a ResourceList in, the same list with the policies in it out.
//
// In: the text of a ResourceList, as kustomize writes it to a function, by the KRM Functions Specification
// (config.kubernetes.io/v1). Out: its configuration, a PolicyPackage; and the list with npgen's objects added or
// replaced and findings as results, every other item as it was. It refuses what is no ResourceList, a configuration
// with fields that it does not know, an object in the place of one of npgen's, and to write a list that does not read
// back as the one that is meant.
package krm

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/stream"
)

// The ResourceList that this package reads and writes.
const (
	listVersion = "config.kubernetes.io/v1"
	listKind    = "ResourceList"
)

// stdin is the name of the list in positions.
const stdin = "-"

// List is a ResourceList.
type List struct {
	Config *Config
	root   *yaml.Node
	// list is the node of the items, which has its own comments.
	list  *yaml.Node
	items []*yaml.Node
	// policies are those behind the items.
	policies []*policy
}

// Read reads a ResourceList. Without a list, or without a configuration in it, the findings say what is wrong.
// The error is a *budget.ExceededError for a list that aliases make larger than the limits.
func Read(data []byte, limits budget.Limits) (*List, diag.List, error) {
	var findings diag.List
	root, err := document(data)
	if err == nil {
		var expansion budget.Expansion
		if err := expansion.Add(limits, "standard input", root); err != nil {
			return nil, nil, err
		}
	}
	if err != nil {
		findings.Errorf(diag.ManifestSyntax, diag.Pos{File: stdin}, "standard input is no YAML document: %s", oneLine(err)).
			WithHelp(startedBy)
		return nil, findings, nil
	}
	version, kind := scalar(value(root, "apiVersion")), scalar(value(root, "kind"))
	if kind != listKind || version != listVersion {
		findings.Errorf(diag.ManifestSyntax, at(root), "standard input holds `%s` of `%s`, not a `%s` of `%s`", kind, version, listKind, listVersion).
			WithHelp(startedBy)
		return nil, findings, nil
	}
	l := &List{root: root, list: &yaml.Node{Kind: yaml.SequenceNode}}
	items := value(root, "items")
	switch {
	case items == nil || isNull(items):
	case items.Kind != yaml.SequenceNode:
		findings.Errorf(diag.WrongType, at(items), "`items` must be a list").WithHelp(startedBy)
		return nil, findings, nil
	default:
		l.list, l.items = items, items.Content
	}
	for _, item := range l.items {
		if item.Kind != yaml.MappingNode {
			findings.Errorf(diag.WrongType, at(item), "an item must be an object").WithHelp(startedBy)
			return nil, findings, nil
		}
	}
	l.Config, findings = readConfig(root)
	return l, findings, nil
}

const startedBy = "kustomize starts `npgen krm` and writes the ResourceList; `npgen build` prints policies by itself"

// document returns the only document of a stream.
func document(data []byte) (*yaml.Node, error) {
	if root, ok := stream.Tree(data); ok {
		return root, nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is empty")
	case err != nil:
		return nil, err
	}
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("it is not an object")
	}
	return doc.Content[0], nil
}

// Write returns the list with results for the findings. It is an error where the text would not read back as the same
// list: a function must not change what it only passes on.
func (l *List) Write(findings diag.List) ([]byte, error) {
	if !l.isPlain() {
		for _, p := range l.policies {
			n, err := p.node()
			if err != nil {
				return nil, err
			}
			l.items = append(l.items, n)
		}
		l.policies = nil
	}
	l.list.Content = l.items
	setValue(l.root, "items", l.list)
	if results := l.results(findings); len(results.Content) > 0 {
		setValue(l.root, "results", results)
	} else {
		removeValue(l.root, "results")
	}
	return l.encode()
}

func at(n *yaml.Node) diag.Pos { return diag.Pos{File: stdin, Line: n.Line, Col: n.Column} }

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
}
