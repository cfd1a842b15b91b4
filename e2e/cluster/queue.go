//go:build linux

package cluster

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// queue is what the kernel says of the queue through which the engine gets packets.
type queue struct {
	waiting int
	// dropped counts packets that the queue or its socket had no room for.
	dropped int
}

// queues returns the queues of the namespace by number (nfqnl_seq_show in the kernel's nfnetlink_queue.c: number, port
// ID, waiting, copy mode, copy range, dropped by the queue, dropped by the socket, ...).
func (s *space) queues() (map[string]queue, error) {
	out := map[string]queue{}
	err := s.do(func() error {
		data, err := os.ReadFile("/proc/thread-self/net/netfilter/nfnetlink_queue")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			var numbers []int
			for _, field := range strings.Fields(line) {
				n, err := strconv.Atoi(field)
				if err != nil {
					return fmt.Errorf("queue %q: %w", line, err)
				}
				numbers = append(numbers, n)
			}
			if len(numbers) < 7 {
				return fmt.Errorf("queue %q: 7 numbers are wanted", line)
			}
			out[strconv.Itoa(numbers[0])] = queue{waiting: numbers[2], dropped: numbers[5] + numbers[6]}
		}
		return nil
	})
	return out, err
}

// gate tells senders when the engine is behind.
type gate struct {
	node    *space
	before  int
	waiting atomic.Int64
	// empty is when no packet was waiting last.
	empty atomic.Pointer[time.Time]
	stop  chan struct{}
	done  chan error
}

// watchQueue looks at the queue every millisecond until the gate is closed.
func (c *Cluster) watchQueue() (*gate, error) {
	all, err := c.node.queues()
	if err != nil {
		return nil, err
	}
	g := &gate{node: c.node, before: all[queueNumber].dropped, stop: make(chan struct{}), done: make(chan error)}
	go func() {
		for {
			at := time.Now()
			all, err := g.node.queues()
			g.waiting.Store(int64(all[queueNumber].waiting))
			if all[queueNumber].waiting == 0 {
				g.empty.Store(&at)
			}
			select {
			case <-g.stop:
				if n := all[queueNumber].dropped - g.before; n > 0 {
					err = fmt.Errorf("%w: %d", ErrDropped, n)
				}
				g.done <- err
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return g, nil
}

func (g *gate) open() bool { return g.waiting.Load() < waiting }

// drained returns a time when no packet was waiting: the engine has looked at all that were sent before.
func (g *gate) drained() time.Time {
	if at := g.empty.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// close returns ErrDropped if packets were dropped since the gate was made.
func (g *gate) close() error {
	close(g.stop)
	return <-g.done
}
