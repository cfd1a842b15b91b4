package budget

import (
	"bytes"
	"errors"
	"fmt"
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
		return nil, named(name, err)
	case int64(text.Len()) > most:
		return nil, l.inputExceeded(name)
	}
	return text.Bytes(), nil
}

// named returns an error that speaks of the input as the user named it.
func named(name string, err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (l Limits) inputExceeded(name string) error {
	return &ExceededError{What: name, Most: Size(l.Or(Defaults()).Input) + " of one input", Variable: InputVariable}
}

// Expansion counts what the YAML aliases in the documents of one input stand for. The zero Expansion has counted nothing.
type Expansion struct{ bytes int64 }

// Add counts a document, before anything decodes it. The error is an ExceededError. An alias that stands for something
// around it has no end, and is left to the decoder, which refuses it.
func (e *Expansion) Add(l Limits, name string, doc *yaml.Node) error {
	e.aliases(doc, anchors{})
	return e.AddBytes(l, name, 0)
}

// AddBytes counts bytes that something stands for. The error is an ExceededError.
func (e *Expansion) AddBytes(l Limits, name string, bytes int64) error {
	e.bytes = add(e.bytes, bytes)
	if most := l.Or(Defaults()).Input; e.bytes > most {
		return &ExceededError{What: name, Most: Size(most) + " of one input, aliases replaced by what they stand for", Variable: InputVariable}
	}
	return nil
}

func (e *Expansion) aliases(n *yaml.Node, known anchors) {
	if n.Kind == yaml.AliasNode {
		e.bytes = add(e.bytes, known.size(n.Alias))
		return
	}
	for _, c := range n.Content {
		e.aliases(c, known)
	}
}

// anchors is what stands behind each anchor, in bytes.
type anchors map[*yaml.Node]int64

// size returns the bytes of the texts in a node, aliases replaced, and one for each node in it.
func (a anchors) size(n *yaml.Node) int64 {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if size, ok := a[n]; ok {
		return size
	}
	if n.Anchor != "" {
		a[n] = 0 // what is asked for meanwhile contains itself
	}
	size := int64(len(n.Value)) + 1
	for _, c := range n.Content {
		size = add(size, a.size(c))
	}
	if n.Anchor != "" {
		a[n] = size
	}
	return size
}

func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
