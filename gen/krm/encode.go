package krm

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// encode returns the list as YAML that reads back as it. The library takes time and memory that grow faster than what it is
// given, so items that refer to nothing outside of themselves are written and read back one by one.
func (l *List) encode() ([]byte, error) {
	if len(l.policies) == 0 && (!l.isPlain() || len(l.items) == 0) {
		return encoded(l.root)
	}
	at := slices.Index(l.root.Content, l.list)
	before, behind := *l.root, *l.root
	before.Content, behind.Content = l.root.Content[:at-1], l.root.Content[at+1:]
	var out bytes.Buffer
	for _, part := range []*yaml.Node{&before, nil, &behind} {
		switch {
		case part == nil:
			if err := l.encodeItems(&out); err != nil {
				return nil, err
			}
		case len(part.Content) > 0:
			data, err := encoded(part)
			if err != nil {
				return nil, err
			}
			out.Write(data)
		}
	}
	return out.Bytes(), nil
}

// encodeItems writes the field of the items, with one item at a time.
func (l *List) encodeItems(out *bytes.Buffer) error {
	one := mapping("items", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: l.list.Style})
	head := []byte("items:\n")
	out.Write(head)
	for i := range len(l.items) + len(l.policies) {
		n, err := l.item(i)
		if err != nil {
			return err
		}
		one.Content[1].Content = []*yaml.Node{n}
		data, err := encoded(one)
		if err != nil {
			return err
		}
		item, found := bytes.CutPrefix(data, head)
		if !found {
			return fmt.Errorf("the ResourceList: item %d does not stand below `items`", i+1)
		}
		out.Write(item)
	}
	return nil
}

// isPlain reports whether the list is in blocks, and nothing in it refers to what is elsewhere.
func (l *List) isPlain() bool { return l.list.Style&yaml.FlowStyle == 0 && standsAlone(l.root) }

// item returns an item, or one of the policies behind them.
func (l *List) item(i int) (*yaml.Node, error) {
	if i < len(l.items) {
		return l.items[i], nil
	}
	return l.policies[i-len(l.items)].node()
}

// standsAlone reports whether nothing in a node has comments, which may be about what is next to it, or is referred to.
func standsAlone(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.HeadComment+n.LineComment+n.FootComment != "" {
		return false
	}
	for _, c := range n.Content {
		if !standsAlone(c) {
			return false
		}
	}
	return true
}

// encoded returns a node as YAML. It is an error where the text would not read back as the same: a function must not change
// what it only passes on.
func encoded(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(n); err != nil {
		return nil, fmt.Errorf("the ResourceList: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("the ResourceList: %w", err)
	}
	back, err := document(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the ResourceList cannot be written as YAML that reads back: %w", err)
	}
	if err := same(n, back); err != nil {
		return nil, fmt.Errorf("the ResourceList cannot be written without changing it: %w", err)
	}
	return out.Bytes(), nil
}

// same reports where two nodes differ in meaning: kinds, tags, values and anchors, not styles and comments.
func same(a, b *yaml.Node) error {
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return fmt.Errorf("the value at line %d", max(a.Line, b.Line))
	}
	for i := range a.Content {
		if err := same(a.Content[i], b.Content[i]); err != nil {
			return err
		}
	}
	return nil
}
