package cli

import (
	"cmp"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

// A command runs beside what may end it early. An interrupt ends it with 128 and the number of the signal, as shells
// have it; more than the budget ends it with 2. Either way an output folder is as it was, or as it was to become where
// that had begun, and no temporary file is left.

// takeBackFor is how long that may take, so that a network file system that hangs cannot keep the program.
const takeBackFor = 900 * time.Millisecond

// beside runs a command until it is done, or until it has to end.
func (s *streams) beside(command func() int) int {
	signals := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		// What the caller has the program ignore, as nohup does, stays ignored.
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	defer signal.Stop(signals)
	done := make(chan int, 1)
	go func() { done <- command() }()
	select {
	case status := <-done:
		s.run.End() // nothing is open any more, and nobody has to watch
		return status
	case sig := <-signals:
		s.end(signals)
		s.say("npgen: interrupted")
		if number, ok := sig.(syscall.Signal); ok {
			return 128 + int(number)
		}
		return statusTrouble
	case over := <-s.overruns:
		s.end(signals)
		s.overrun(over)
		return statusTrouble
	}
}

// end ends the run. A second signal ends it at once.
func (s *streams) end(signals <-chan os.Signal) {
	ended := make(chan struct{})
	go func() {
		s.run.End()
		close(ended)
	}()
	select {
	case <-ended:
	case <-signals:
	case <-time.After(cmp.Or(time.Duration(s.patience.Load()), takeBackFor)):
	}
}

// overrun says which limit ended the run: where a package was evaluated, as a finding about it.
func (s *streams) overrun(over budget.Overrun) {
	help := budget.Raise(over.Variable)
	if over.Package == "" {
		while := ""
		if over.Stage != "" {
			while = " while " + over.Stage
		}
		s.say("npgen: this takes more than %s%s", over.What, while)
		s.say("  help: %s", help)
		return
	}
	var findings diag.List
	findings.Errorf(diag.OverBudget, diag.Pos{File: over.Package}, "evaluating this package takes more than %s", over.What).
		WithHelp("look for a list or comprehension that multiplies; %s", help)
	format, ok := s.format.Load().(diag.Format)
	if !ok {
		format = diag.Text
	}
	if err := s.write(findings, format, nil); err != nil {
		s.trouble(err)
	}
}

// watch has the command watched; a KRM function may take more memory.
func (s *streams) watch(isFunction bool) {
	limits := s.limits
	if isFunction {
		limits = limits.Or(budget.Limits{Memory: budget.FunctionMemory})
	}
	s.run.Watch(limits, s.overruns)
}

// stage says what the command is busy with from now on.
func (s *streams) stage(stage string) {
	s.progress.enter(stage)
	s.run.Stage(stage)
}
