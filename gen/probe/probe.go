// Package probe finds out by real connections whether a cluster enforces policies, and whether it does as a package says.
//
// In: kubectl, and flows with what policies say of each. Out: a time line, and what was proven and what not. Everything is
// judged between two controls: without policies all must be open, before and after; without both nothing is said. It makes
// a namespace with throw-away pods, and pods with the labels of a workload where flows are to be tried from, and removes
// them on every end. It waits for an effect until a limit and never for a fixed time.
package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/graph"
)

// Kubectl runs kubectl in a context and returns what it prints; what it printed is returned with an error, too.
type Kubectl interface {
	Within(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error)
}

// Image is that of the throw-away pods: it connects, serves and looks names up.
const Image = "registry.k8s.io/e2e-test-images/agnhost:2.53"

// Options say how to probe.
type Options struct {
	// Image is that of the pods.
	Image string
	// Limit is how long to wait for an effect, Every how often to look.
	Limit, Every time.Duration
	// DNS is where a package says that names are asked for, nil where nothing says so.
	DNS *graph.DNSConfig
	// Flows are tried with the policies that are in the cluster.
	Flows []Flow
	// Say is told of each event. It may be nil.
	Say func(Event)
	// Run is the run that the work is part of.
	Run *budget.Run
}

// Verdict is what was found of enforcement.
type Verdict string

// The verdicts.
const (
	Enforced    Verdict = "enforced"
	NotEnforced Verdict = "not enforced"
	Nothing     Verdict = "nothing proven"
)

// Event is something that was seen.
type Event struct {
	// At is the time since the beginning, Took how long after the change it showed; 0 is no change.
	At   Seconds `json:"at"`
	Took Seconds `json:"took"`
	What string  `json:"what"`
}

// Seconds is a time in seconds, to the millisecond.
type Seconds float64

func seconds(d time.Duration) Seconds { return Seconds(d.Round(time.Millisecond).Seconds()) }

// Report is what came out.
type Report struct {
	Verdict Verdict `json:"verdict"`
	// Why says what it rests on where it is not Enforced.
	Why    string  `json:"why"`
	Events []Event `json:"events"`
	// Proven and NotProven are what the probe shows, and what it does not.
	Proven    []string `json:"proven"`
	NotProven []string `json:"notProven"`
	// Differing are flows that are other than policies say.
	Differing []string `json:"differing"`
	// Left is what could not be removed, with the command that does.
	Left []string `json:"left"`
}

// stop is an end of the work with a verdict.
type stop struct {
	verdict Verdict
	why     string
}

func (s *stop) Error() string { return string(s.verdict) + ": " + s.why }

// prober is one probe.
type prober struct {
	Options
	kubectl Kubectl
	ctx     context.Context
	id      string
	begun   time.Time
	report  *Report

	// mu holds kubectl to one command at a time, so that what is removed is not made again.
	mu      sync.Mutex
	removed bool
	// made are the namespaces in which objects were made.
	made []string

	server, client, stranger pod
	// tried is when the last try began that showed an effect: what it takes to see that a packet is dropped is no part of it.
	tried time.Time
}

// Run probes. The error is trouble: kubectl, the API server, or pods that do not start. What was made is removed then, too.
func Run(kubectl Kubectl, o Options) (*Report, error) {
	if o.Image == "" {
		o.Image = Image
	}
	p := &prober{
		Options: o, kubectl: kubectl, ctx: o.Run.Context(), id: strings.ToLower(rand.Text()[:8]), begun: time.Now(),
		report: &Report{Verdict: Nothing, Events: []Event{}, Proven: []string{}, NotProven: []string{}, Differing: []string{}, Left: []string{}},
	}
	done, err := o.Run.OnEnd(p.remove)
	if err != nil {
		return p.report, err
	}
	defer done()
	err = p.all()
	p.remove()
	if verdict, ok := errors.AsType[*stop](err); ok {
		p.report.Verdict, p.report.Why = verdict.verdict, verdict.why
		err = nil
	}
	p.rest()
	return p.report, err
}

func (p *prober) all() error {
	if err := p.setUp(); err != nil {
		return err
	}
	if err := p.enforcement(); err != nil {
		return err
	}
	p.report.Verdict = Enforced
	return p.flows()
}

// event notes what was seen; from is when the change began that it follows, zero for none.
func (p *prober) event(from time.Time, format string, args ...any) {
	e := Event{At: seconds(time.Since(p.begun)), What: fmt.Sprintf(format, args...)}
	if !from.IsZero() && p.tried.After(from) {
		e.At, e.Took = seconds(p.tried.Sub(p.begun)), seconds(p.tried.Sub(from))
	}
	p.report.Events = append(p.report.Events, e)
	if p.Say != nil {
		p.Say(e)
	}
}

func (p *prober) proven(format string, args ...any) {
	p.report.Proven = append(p.report.Proven, fmt.Sprintf(format, args...))
}

func (p *prober) notProven(format string, args ...any) {
	p.report.NotProven = append(p.report.NotProven, fmt.Sprintf(format, args...))
}

// rest says what no probe of this kind shows.
func (p *prober) rest() {
	nodes := []string{}
	for _, x := range []pod{p.client, p.server} {
		if x.node != "" && (len(nodes) == 0 || nodes[0] != x.node) {
			nodes = append(nodes, x.node)
		}
	}
	if len(nodes) > 0 {
		p.notProven("anything about nodes other than `%s`", strings.Join(nodes, "`, `"))
	}
	p.notProven("pods on the network of their node, Windows, other address families, UDP but DNS, SCTP, HTTP")
}

// do runs kubectl, unless what was made is being removed.
func (p *prober) do(stdin string, args ...string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed {
		return nil, budget.ErrEnded
	}
	return p.kubectl.Within(p.ctx, strings.NewReader(stdin), args...)
}

// await tries something until it holds or the limit has passed. It returns whether it held.
func (p *prober) await(limit time.Duration, try func() (bool, error)) (bool, error) {
	end := time.Now().Add(limit)
	for {
		ok, err := try()
		if ok || err != nil {
			return ok, err
		}
		if time.Now().After(end) {
			return false, nil
		}
		select {
		case <-p.ctx.Done():
			return false, budget.ErrEnded
		case <-time.After(p.Every):
		}
	}
}
