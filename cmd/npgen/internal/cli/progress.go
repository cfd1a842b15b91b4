package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// patience is how long a command may take before it says what it is busy with, and how often it says so anew.
const patience = time.Second

// progress is a line on a terminal that says what a command is busy with, once that takes long. It is only there while
// nothing else is written: whatever is written through its writers erases it first. A nil progress says nothing.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	timer *time.Timer
	start time.Time
	stage string
	// shown says that the line stands on the terminal, midLine that another one does and has no end yet.
	shown, midLine bool
}

// newProgress returns a line on a terminal, or nil where there is none: in a pipe, on a terminal that cannot erase a
// line, and where a user types the input of the command beside it.
func newProgress(args []string, stdin io.Reader, stderr io.Writer) *progress {
	in, isFile := stdin.(*os.File)
	typed := isFile && isTerminal(in) && slices.Contains(args, "-")
	if typed || !isTerminal(stderr) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &progress{w: stderr}
}

// enter says what the command is busy with from now on. The first stage starts the clock.
func (p *progress) enter(stage string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = stage
	if p.timer == nil {
		p.start = time.Now()
		p.timer = time.AfterFunc(patience, p.tick)
	} else if p.shown {
		p.draw()
	}
}

func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage == "" {
		return // it has ended
	}
	p.draw()
	p.timer.Reset(patience)
}

// eraseLine goes to the start of the line and erases it (ECMA-48, EL).
const eraseLine = "\r\x1b[K"

func (p *progress) draw() {
	if p.midLine {
		return
	}
	fmt.Fprintf(p.w, "%s%s (%d s)", eraseLine, p.stage, int(time.Since(p.start).Seconds()))
	p.shown = true
}

// end erases the line for good.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = ""
	p.erase()
}

func (p *progress) erase() {
	if p.shown {
		io.WriteString(p.w, eraseLine)
		p.shown = false
	}
}

// beside returns a writer that erases the line before it writes.
func (p *progress) beside(w io.Writer) io.Writer {
	if p == nil {
		return w
	}
	return &besideProgress{w, p}
}

type besideProgress struct {
	io.Writer
	p *progress
}

func (b *besideProgress) Write(data []byte) (int, error) {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	b.p.erase()
	if len(data) > 0 && isTerminal(b.Writer) {
		b.p.midLine = data[len(data)-1] != '\n'
	}
	return b.Writer.Write(data)
}
