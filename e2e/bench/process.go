package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// command is one program with what it is given.
type command struct {
	name string
	dir  string
	path string
	args []string
	// stdin is the file that it reads from standard input, "" is none.
	stdin string
	// status is the exit status that it ends with.
	status int
}

// figures is what a command costs: the least of several runs, each figure by itself.
type figures struct {
	// cpu is user and system time of the whole process in milliseconds.
	cpu float64
	// rss is the most memory that the process held, in bytes.
	rss float64
	// stages is what the program says of its stages by itself, with their order.
	stages map[string]stage
	order  []string
}

// stage is one line of the package measure of the programs.
type stage struct {
	Name  string  `json:"stage"`
	CPU   float64 `json:"cpu"`
	Alloc float64 `json:"alloc"`
}

// interleave runs the commands in turns, so that whatever slows the machine down slows all of them.
func (h *harness) interleave(rounds int, commands ...command) ([]figures, error) {
	if h.rounds > 0 {
		rounds = h.rounds
	}
	if h.quick {
		rounds = 1
	}
	out := make([]figures, len(commands))
	for round := range rounds {
		for i, c := range commands {
			f, err := c.measure()
			if err != nil {
				return nil, err
			}
			if round > 0 {
				f = least(out[i], f)
			}
			out[i] = f
		}
	}
	for i, c := range commands {
		h.talk("%-40s %8.0f ms CPU, %4.0f MB", c.name, out[i].cpu, out[i].rss/1e6)
	}
	return out, nil
}

func least(a, b figures) figures {
	a.cpu, a.rss = min(a.cpu, b.cpu), min(a.rss, b.rss)
	for name, s := range a.stages {
		other := b.stages[name]
		a.stages[name] = stage{name, min(s.CPU, other.CPU), min(s.Alloc, other.Alloc)}
	}
	return a
}

// measure runs a command once. Its output goes nowhere.
func (c command) measure() (figures, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir = c.dir
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			return figures{}, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Run(); err != nil && (cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.status) {
		return figures{}, fmt.Errorf("%s: %w\n%s", c.name, err, talk.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return figures{}, fmt.Errorf("this system does not say what a process used")
	}
	unit := 1024.0 // ru_maxrss is in KiB
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	state := cmd.ProcessState
	f := figures{
		cpu: (state.UserTime() + state.SystemTime()).Seconds() * 1000, rss: float64(usage.Maxrss) * unit,
		stages: map[string]stage{},
	}
	for line := range strings.Lines(talk.String()) {
		var s stage
		if json.Unmarshal([]byte(line), &s) == nil && s.Name != "" {
			f.stages[s.Name] = s
			f.order = append(f.order, s.Name)
		}
	}
	return f, nil
}

// output runs a command once and returns what it prints.
func (c command) output() ([]byte, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir = c.dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", c.name, err, talk.String())
	}
	return out, nil
}
