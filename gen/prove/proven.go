package prove

import (
	"errors"
	"io"
	"strings"
)

// Proven is bytes that allow exactly what a graph declares. Only a proof makes one that holds anything. The bytes are
// not to be changed.
type Proven struct {
	holds  bool
	stream []byte
	files  map[string][]byte
}

// Holds reports whether anything was proven at all: the zero Proven is nothing, not even that there are no policies.
func (p Proven) Holds() bool { return p.holds }

// Stream returns the stream that was proven; nil where files were.
func (p Proven) Stream() []byte { return p.stream }

// Files returns the files that were proven, by their paths; nil where a stream was.
func (p Proven) Files() map[string][]byte { return p.files }

// ErrNotProven says that something was to be written that no proof made.
var ErrNotProven = errors.New("what was to be written is not proven; this is a fault in npgen, please report it")

// WriteTo writes the stream that was proven.
func (p Proven) WriteTo(w io.Writer) (int64, error) {
	if !p.holds {
		return 0, ErrNotProven
	}
	n, err := w.Write(p.stream)
	return int64(n), err
}

// Proven returns what was proven. Where the proof failed, that is an error, a DifferError.
func (p Proof) Proven() (Proven, error) {
	if !p.proven.holds {
		return Proven{}, &DifferError{p.Differences}
	}
	return p.proven, nil
}

// DifferError says that policies do not allow exactly what a graph declares. It is a fault in npgen.
type DifferError struct{ Differences []string }

// Error names all differences in one line.
func (e *DifferError) Error() string {
	return "the policies do not allow exactly what the packages declare; this is a fault in npgen, please report it: " + strings.Join(e.Differences, "; ")
}
