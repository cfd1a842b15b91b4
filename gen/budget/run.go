package budget

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Run is one run of the program, which may end before its work does: somebody interrupts it, or it uses more than its
// budget. CUE's evaluator cannot be told to stop, so the work goes on until the process ends, and what must not be left
// behind is taken back beside it. A nil Run never ends early. It is safe for concurrent use.
type Run struct {
	ctx    context.Context
	cancel context.CancelFunc

	// began is the CPU time of the process when the run began.
	began time.Duration

	mu    sync.Mutex
	ended bool
	next  int
	// open is what is to be taken back, by number.
	open map[int]func()
	work work
}

// work is what the run is busy with.
type work struct {
	stage string
	// evaluating names the package that is evaluated, since is when that began.
	evaluating string
	since      time.Duration
	// spent is the CPU time of the evaluations before.
	spent time.Duration
}

// ErrEnded says that the run ends before its work is done.
var ErrEnded = errors.New("interrupted")

// NewRun returns a run that has just begun.
func NewRun() *Run {
	r := &Run{open: map[int]func(){}, began: processTime()}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Context returns a context that is done once the run ends early.
func (r *Run) Context() context.Context {
	if r == nil {
		return context.Background()
	}
	return r.ctx
}

// Err returns ErrEnded once the run ends early.
func (r *Run) Err() error {
	if r == nil || r.ctx.Err() == nil {
		return nil
	}
	return ErrEnded
}

// OnEnd has takeBack called where the run ends before done is called; End waits for it. In a run that ends already it is
// ErrEnded, and nothing may be begun.
func (r *Run) OnEnd(takeBack func()) (done func(), err error) {
	if r == nil {
		return func() {}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil, ErrEnded
	}
	id := r.next
	r.next++
	r.open[id] = takeBack
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, id)
	}, nil
}

// Whole does a piece of work that a run does not end within: End waits for it. What takes long asks Err meanwhile. In a
// run that ends already it is not begun, and the error ErrEnded.
func (r *Run) Whole(work func() error) error {
	finished := make(chan struct{})
	done, err := r.OnEnd(func() { <-finished })
	if err != nil {
		return err
	}
	defer done()
	defer close(finished)
	return work()
}

// End ends the run early, and returns when everything is taken back.
func (r *Run) End() {
	r.mu.Lock()
	r.ended = true
	open := slices.Collect(maps.Values(r.open))
	r.mu.Unlock()
	r.cancel()
	for _, takeBack := range open {
		takeBack()
	}
}

// Stage says what the run is busy with from now on.
func (r *Run) Stage(stage string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work.stage = stage
}

// Evaluate says that a package, by the name that findings have for it, is evaluated until done is called.
func (r *Run) Evaluate(name string) (done func()) {
	if r == nil {
		return func() {}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work.evaluating, r.work.since = name, processTime()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.work.spent += processTime() - r.work.since
		r.work.evaluating = ""
	}
}

// now returns what the run is busy with, and the CPU time of its evaluations so far.
func (r *Run) now() (work, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spent := r.work.spent
	if r.work.evaluating != "" {
		spent += processTime() - r.work.since
	}
	return r.work, spent
}
