package stream

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"github.com/npgen/npgen/gen/budget"
)

// Expand counts what the aliases of a document stand for, before anything is expanded: a few lines can name a megabyte ten
// thousand times. The error is a *budget.ExceededError; name is how the user names the input.
func (d Document) Expand(e *budget.Expansion, limits budget.Limits, name string) error {
	if bytes.IndexByte(d.Text, '&') < 0 || bytes.IndexByte(d.Text, '*') < 0 {
		return nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(lineFeeds(d.Text), &root); err == nil {
		return e.Add(limits, name, &root)
	}
	// The library that makes JSON may read it all the same. An alias doubles what is there, at most.
	return e.AddBytes(limits, name, int64(len(d.Text))<<min(bytes.Count(d.Text, []byte("*")), 32))
}
