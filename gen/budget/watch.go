package budget

import (
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"
)

// Overrun is a run that uses more than its budget.
type Overrun struct {
	// Package is the package that was evaluated then, as findings name it; empty where none was.
	Package string
	// Stage is what the run was busy with, in a few words; it may be empty.
	Stage string
	// What is what it used more than, in words: `3 GiB of memory`.
	What string
	// Variable raises the limit.
	Variable string
}

// interval is how often the watch looks: what a process can take within is little beside the limits.
const interval = 20 * time.Millisecond

// Watch looks after a run until it ends, and tells out that it uses more than its budget, once.
//
// The runtime collects garbage before the memory reaches its limit, so that what exceeds it is in use. It cannot refuse
// memory; the process has to end, which is up to the caller.
func (r *Run) Watch(l Limits, out chan<- Overrun) {
	l = l.Or(Defaults())
	if soft := l.Memory - l.Memory/8; soft < debug.SetMemoryLimit(-1) {
		debug.SetMemoryLimit(soft)
	}
	go func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-r.ctx.Done():
				return
			case <-ticker.C:
			}
			if over, is := r.overrun(l); is {
				out <- over
				return
			}
		}
	}()
}

func (r *Run) overrun(l Limits) (Overrun, bool) {
	work, spent := r.now()
	out := Overrun{Package: work.evaluating, Stage: work.stage}
	switch {
	case processMemory() > uint64(l.Memory):
		out.What, out.Variable = Size(l.Memory)+" of memory", MemoryVariable
	case work.evaluating != "" && spent > l.CPU:
		out.What, out.Variable = processorTime(l.CPU), CPUVariable
	case processTime()-r.began > l.Time:
		out.What, out.Variable = processorTime(l.Time), TimeVariable
	default:
		return out, false
	}
	return out, true
}

// processorTime returns a limit in words: `10m of processor time`.
func processorTime(limit time.Duration) string {
	text := limit.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text + " of processor time"
}

// processMemory returns the bytes that the Go runtime has from the operating system and has not given back.
func processMemory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
