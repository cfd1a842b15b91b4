package judges

import "fmt"

// opinion is what an engine says of a probe. It is silent where a known difference of the engine decides the answer.
type opinion int

const (
	silent opinion = iota
	denied
	allowed
)

// panel is all engines on one world.
type panel struct {
	world *world
	pairs []*pair
	known map[Probe][]opinion
}

func newPanel(w *world) (*panel, error) {
	out := &panel{world: w, known: map[Probe][]opinion{}}
	for _, e := range Engines() {
		pair, err := newPair(w, e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", e.Name, err, w)
		}
		out.pairs = append(out.pairs, pair)
	}
	return out, nil
}

// ask returns what each engine says of a probe.
func (p *panel) ask(q Probe) ([]opinion, error) {
	if out, known := p.known[q]; known {
		return out, nil
	}
	out := make([]opinion, len(p.pairs))
	for i, pair := range p.pairs {
		got, want, err := pair.answers(q)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w\n%s", p.world.show(q), err, p.world)
		case pair.plain.allowed(q) != want:
		case got:
			out[i] = allowed
		default:
			out[i] = denied
		}
	}
	p.known[q] = out
	return out, nil
}

// likely guesses what the engines will say, so that those probes are asked which show something.
func (p *panel) likely(q Probe) bool { return p.pairs[0].plain.allowed(q) }

// bears reports whether an engine says so. It is true where all are silent: then nobody can say otherwise.
func bears(opinions []opinion, want opinion) bool {
	told := false
	for _, o := range opinions {
		told = told || o != silent
		if o == want {
			return true
		}
	}
	return !told
}
