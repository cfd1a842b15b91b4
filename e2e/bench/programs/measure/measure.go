// Package measure says what the stages of a program cost.
//
// In: the ends of the stages. Out: one line of JSON for each on standard error. CPU time is user and system time of
// the whole process, the garbage collector's included, as the kernel counts it; memory is what was allocated, in bytes.
package measure

import (
	"encoding/json"
	"os"
	"runtime/metrics"
	"syscall"
)

// Stage is one line.
type Stage struct {
	Name  string  `json:"stage"`
	CPU   float64 `json:"cpu"` // milliseconds
	Alloc uint64  `json:"alloc"`
}

// Clock measures from one stage to the next.
type Clock struct {
	cpu   float64
	alloc uint64
}

// Start returns a clock whose first stage begins now.
func Start() *Clock {
	c := &Clock{}
	c.cpu, c.alloc = now()
	return c
}

// End ends a stage, and begins the next.
func (c *Clock) End(name string) {
	cpu, alloc := now()
	_ = json.NewEncoder(os.Stderr).Encode(Stage{name, cpu - c.cpu, alloc - c.alloc})
	c.cpu, c.alloc = now()
}

func now() (cpu float64, alloc uint64) {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return milliseconds(u.Utime) + milliseconds(u.Stime), sample[0].Value.Uint64()
}

func milliseconds(t syscall.Timeval) float64 { return float64(t.Sec)*1e3 + float64(t.Usec)/1e3 }
