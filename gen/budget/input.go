package budget

import (
	"bytes"
	"io"
	"io/fs"
	"math"

	"go.yaml.in/yaml/v3"
)

// ReadAll reads an input whole. What a file has is judged before it is read, and of any other input no more is read than
// the limit; name is how the user names it.
func (l Limits) ReadAll(name string, in io.Reader) ([]byte, error) {
	most := l.Or(Defaults()).Input
	var text bytes.Buffer
	if f, ok := in.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			if info.Size() > most {
				return nil, l.inputExceeded(name)
			}
			text.Grow(int(info.Size()) + bytes.MinRead)
		}
	}
	_, err := text.ReadFrom(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(text.Len()) > most:
		return nil, l.inputExceeded(name)
	}
	return text.Bytes(), nil
}

func (l Limits) inputExceeded(name string) error {
	return &ExceededError{What: name, Most: Size(l.Or(Defaults()).Input) + " of one input", Variable: InputVariable}
}

// Expansion counts what the documents of one input come to where aliases are replaced by what they stand for. The zero
// Expansion has counted nothing.
type Expansion struct{ bytes int64 }

// Add counts a document, before anything decodes it. The error is an ExceededError, also for an alias that stands for
// something around it, which has no end.
func (e *Expansion) Add(l Limits, name string, doc *yaml.Node) error {
	sizes := map[*yaml.Node]int64{}
	e.bytes = add(e.bytes, expanded(doc, sizes))
	if most := l.Or(Defaults()).Input; e.bytes > most {
		return &ExceededError{What: name, Most: Size(most) + " of one input, aliases replaced by what they stand for", Variable: InputVariable}
	}
	return nil
}

// expanded returns the bytes of the texts in a node, and one for each node. What stands behind an anchor is counted once.
func expanded(n *yaml.Node, sizes map[*yaml.Node]int64) int64 {
	if n.Kind == yaml.AliasNode {
		size, known := sizes[n.Alias]
		if !known {
			return expandedAnchor(n.Alias, sizes)
		}
		return size
	}
	if n.Anchor != "" {
		return expandedAnchor(n, sizes)
	}
	return expandedContent(n, sizes)
}

// expandedAnchor counts what an anchor stands for. While that is under way it has no end: only a cycle asks then.
func expandedAnchor(n *yaml.Node, sizes map[*yaml.Node]int64) int64 {
	sizes[n] = math.MaxInt64
	sizes[n] = expandedContent(n, sizes)
	return sizes[n]
}

func expandedContent(n *yaml.Node, sizes map[*yaml.Node]int64) int64 {
	size := int64(len(n.Value)) + 1
	for _, c := range n.Content {
		size = add(size, expanded(c, sizes))
	}
	return size
}

func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
