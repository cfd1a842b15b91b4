package stream

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxExpanded is the most bytes that a document may have once its aliases stand for what they name: a few lines can
// name a megabyte ten thousand times.
const maxExpanded = 256 << 20

// perNode is what a node takes besides its text.
const perNode = 32

// expands refuses a document that its aliases make too large, before anything is expanded.
func expands(text []byte) error {
	if bytes.IndexByte(text, '&') < 0 || bytes.IndexByte(text, '*') < 0 {
		return nil
	}
	var root yaml.Node
	size := maxExpanded
	if yaml.Unmarshal(text, &root) == nil {
		m := &measure{known: map[*yaml.Node]int{}}
		size = m.size(&root)
	} else if aliases := bytes.Count(text, []byte("*")); aliases < 16 {
		// The other library may read it all the same. An alias doubles what is there, at most.
		size = len(text) << aliases
	}
	if size >= maxExpanded {
		return fmt.Errorf("its aliases expand it to more than %d MiB", maxExpanded>>20)
	}
	return nil
}

// measure measures nodes, each that an alias names once. A node that holds itself is 0 there: the decoder refuses it.
type measure struct{ known map[*yaml.Node]int }

func (m *measure) size(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if size, known := m.known[n]; known {
		return size
	}
	if n.Anchor != "" {
		m.known[n] = 0
	}
	size := perNode + len(n.Value)
	for _, c := range n.Content {
		size = min(size+m.size(c), maxExpanded)
	}
	if n.Anchor != "" {
		m.known[n] = size
	}
	return size
}
