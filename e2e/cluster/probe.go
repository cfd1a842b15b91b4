//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Probe is one attempt to connect, from an address of a host to one of another.
type Probe struct {
	From, To *Host
	Port     Port
	V6       bool
}

func (p Probe) destination() netip.Addr {
	if p.V6 {
		return p.To.V6
	}
	return p.To.V4
}

// Answer is what became of a probe.
type Answer int

// The answers. A dropped packet shows as Silent, a rejected one as Refused; neither is open.
const (
	Silent Answer = iota
	Refused
	Open
)

// The queue of the engine is short, and the kernel drops what does not fit. So each host sends a few probes at a time,
// all hosts together no more than a rate, which is lower where probes may take longer, and nobody sends while packets
// wait.
const (
	batch    = 8
	inFlight = 900 // probes sent in the time that one may take
	waiting  = 32  // packets
)

// ErrDropped says that not all packets came to the engine: probes that look denied may not be.
var ErrDropped = errors.New("packets were dropped on the way to the engine")

// behind is how long the engine may take to look at a packet, on a machine that has much else to do.
const behind = 20 * time.Second

// Ask makes all probes side by side. Each has the time given to be answered by the host that it is for, from when the
// engine has looked at all packets that waited for it: a slow engine is not one that denies.
func (c *Cluster) Ask(probes []Probe, wait time.Duration) ([]Answer, error) {
	answers := make([]Answer, len(probes))
	bySource := map[*Host][]int{}
	for i, p := range probes {
		bySource[p.From] = append(bySource[p.From], i)
	}
	g, err := c.watchQueue()
	if err != nil {
		return nil, err
	}
	pause := time.Duration(len(bySource)) * wait * batch / inFlight
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for from, indices := range bySource {
		all.Go(func() {
			r := &round{probes: probes, answers: answers, todo: indices, wait: wait, pause: pause, gate: g}
			if err := from.space.do(r.run); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("%s: %w", from.Name, err))
			}
		})
	}
	all.Wait()
	return answers, errors.Join(append(errs, g.close())...)
}

// round is the probes of one host.
type round struct {
	probes  []Probe
	answers []Answer
	todo    []int
	wait    time.Duration
	pause   time.Duration
	gate    *gate
	open    []attempt
}

// attempt is a probe on its way.
type attempt struct {
	index, fd int
	// connecting is true until the handshake of TCP is done.
	connecting bool
	sent       time.Time
	// deadline is zero until the engine has looked at the packet.
	deadline time.Time
}

// run sends the probes and waits for their answers, on one thread. It closes all sockets.
func (r *round) run() error {
	next := time.Now()
	for len(r.todo) > 0 || len(r.open) > 0 {
		now := time.Now()
		if len(r.todo) > 0 && !now.Before(next) {
			next = now.Add(time.Millisecond)
			if r.gate.open() {
				n := min(batch, len(r.todo))
				for _, i := range r.todo[:n] {
					if err := r.send(i); err != nil {
						r.closeAll()
						return err
					}
				}
				r.todo, next = r.todo[n:], now.Add(r.pause)
			}
		}
		pause := 5 * time.Millisecond
		if len(r.todo) > 0 {
			pause = time.Until(next)
		}
		if err := r.receive(pause); err != nil {
			r.closeAll()
			return err
		}
	}
	return nil
}

func (r *round) closeAll() {
	for _, a := range r.open {
		unix.Close(a.fd)
	}
}

func (r *round) send(i int) error {
	p := r.probes[i]
	family, kind := unix.AF_INET, unix.SOCK_STREAM
	if p.V6 {
		family = unix.AF_INET6
	}
	if p.Port.UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if !p.Port.UDP {
		// Closing resets the connection: no port waits for packets that come late.
		if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			unix.Close(fd)
			return err
		}
	}
	err = unix.Connect(fd, p.socket())
	if err == nil && p.Port.UDP {
		_, err = unix.Write(fd, []byte("?"))
	}
	a := attempt{index: i, fd: fd, connecting: !p.Port.UDP, sent: time.Now()}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		r.answers[i] = Refused
		return unix.Close(fd)
	}
	r.open = append(r.open, a)
	return nil
}

func (p Probe) socket() unix.Sockaddr {
	if a := p.destination(); a.Is6() {
		return &unix.SockaddrInet6{Port: p.Port.Number, Addr: a.As16()}
	} else {
		return &unix.SockaddrInet4{Port: p.Port.Number, Addr: a.As4()}
	}
}

// receive waits for answers for a time at most, and gives up probes that have had theirs.
func (r *round) receive(wait time.Duration) error {
	fds := make([]unix.PollFd, len(r.open))
	for i, a := range r.open {
		fds[i] = unix.PollFd{Fd: int32(a.fd), Events: unix.POLLIN}
		if a.connecting {
			fds[i].Events = unix.POLLOUT
		}
	}
	// A millisecond more, so that the time has passed when poll returns.
	if _, err := unix.Poll(fds, int(max(wait, 0).Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	now, drained := time.Now(), r.gate.drained()
	var left []attempt
	var errs []error
	for i, a := range r.open {
		if a.deadline.IsZero() && drained.After(a.sent) {
			a.deadline = now.Add(r.wait)
		}
		done := !a.deadline.IsZero() && now.After(a.deadline)
		if now.Sub(a.sent) > behind {
			errs = append(errs, fmt.Errorf("%w: after %v it has not looked at all", ErrDropped, behind))
			done = true
		}
		if fds[i].Revents != 0 {
			var err error
			done, err = r.step(&a)
			errs = append(errs, err)
		}
		if done {
			unix.Close(a.fd)
		} else {
			left = append(left, a)
		}
	}
	r.open = left
	return errors.Join(errs...)
}

// step reads what has come for one attempt, and reports whether it is at its end.
func (r *round) step(a *attempt) (done bool, err error) {
	if a.connecting {
		code, err := unix.GetsockoptInt(a.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil {
			return false, err
		}
		if code != 0 {
			r.answers[a.index] = Refused
			return true, nil
		}
		a.connecting = false
		return false, nil
	}
	name := make([]byte, 300)
	n, err := unix.Read(a.fd, name)
	if err != nil {
		r.answers[a.index] = Refused
		return true, nil
	}
	if p := r.probes[a.index]; string(name[:n]) != p.To.Name {
		return true, fmt.Errorf("%q answers for %s at %s", name[:n], p.To.Name, p.destination())
	}
	r.answers[a.index] = Open
	return true, nil
}
