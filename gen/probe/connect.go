package probe

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/npgen/npgen/gen/kubectl"
)

// answer is what became of a connection.
type answer string

// The answers. A packet that is dropped shows as a time-out, one that is rejected as refused: both are blocked.
const (
	open    answer = "OK"
	timeout answer = "TIMEOUT"
	refused answer = "REFUSED"
)

// connecting prints the answer to a new connection, as the last word.
const connecting = `/agnhost connect --timeout=2s "$0" && echo OK`

// connect tries a new connection. What is neither answer is trouble: a program that did not run is no packet dropped.
func (p *prober) connect(from pod, ip string, port int) (answer, error) {
	to := net.JoinHostPort(ip, strconv.Itoa(port))
	out, err := p.do("", "exec", "-n", from.namespace, from.name, "-c", clientContainer, "--", "sh", "-c", connecting, to)
	said := string(out)
	failed, ran := errors.AsType[*kubectl.Failed](err)
	if err != nil && !ran {
		return "", err
	}
	if ran {
		said += "\n" + failed.Said
	}
	for word := range strings.FieldsSeq(said) {
		switch a := answer(strings.Trim(word, ":")); a {
		case open:
			if err == nil {
				return a, nil
			}
		case timeout, refused:
			return a, nil
		}
	}
	return "", fmt.Errorf("trying %s from `%s/%s`: %s", to, from.namespace, from.name, strings.Join(strings.Fields(said), " "))
}

// isOpen reports whether a new connection is made.
func (p *prober) isOpen(from pod, port int) (bool, error) {
	p.tried = time.Now()
	a, err := p.connect(from, p.server.ip, port)
	return a == open, err
}

// opens waits until a connection is made, and closes until it is blocked twice running.
func (p *prober) opens(from pod, port int) (bool, error) {
	return p.await(p.Limit, func() (bool, error) { return p.isOpen(from, port) })
}

func (p *prober) closes(from pod, port int) (bool, error) {
	return p.await(p.Limit, func() (bool, error) { return p.isClosed(from, port) })
}

func (p *prober) isClosed(from pod, port int) (bool, error) {
	first := time.Now()
	for range 2 {
		is, err := p.isOpen(from, port)
		if is || err != nil {
			return false, err
		}
	}
	p.tried = first
	return true, nil
}

// resolving prints whether a name is found.
const resolving = `command -v nslookup > /dev/null || { echo NOTOOL; exit; }; nslookup -timeout=2 -retry=1 kubernetes.default > /dev/null 2>&1 && echo OK || echo BLOCKED`

// resolves reports whether a pod finds a name; known is false where it cannot try.
func (p *prober) resolves(from pod) (is, known bool, err error) {
	out, err := p.do("", "exec", "-n", from.namespace, from.name, "-c", clientContainer, "--", "sh", "-c", resolving)
	if _, ran := errors.AsType[*kubectl.Failed](err); ran {
		return false, false, nil
	}
	word := strings.TrimSpace(string(out))
	return word == "OK", word == "OK" || word == "BLOCKED", err
}
