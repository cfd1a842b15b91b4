// Package flowlog reads what network plugins log of connections that they refused.
//
// In: the lines of a log, in the formats of Hubble and Retina, Calico's Whisker, GKE's policy logs or AWS' agent. Out: the
// refused flows, each once with how often it was seen, and what of the log says less than all: events that were lost, lines
// that are none of these, packets that may be replies. It guesses nothing: a packet that does not say whether it opens a
// connection is one only where its port does.
package flowlog

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// End is one end of a flow, as far as the log says.
type End struct {
	// Namespace and Name are a pod's, or the workload's where the log has that: Pod says which.
	Namespace, Pod, Workload string
	// Labels is nil where the log has none; Part says that they are those which several pods have in common.
	Labels map[string]string
	Part   bool
	// Address is empty where the log has none. Names are those by which it was looked up.
	Address string
	Names   []string
	// Entity is what it is that is no pod, in Cilium's words: world, host, remote-node, kube-apiserver, health.
	Entity string
}

// key is what flows are the same by.
func (e End) key() string {
	if e.Namespace != "" {
		return e.Namespace + "/" + cmp.Or(e.Workload, stem(e.Pod)) + fmt.Sprint(e.Labels)
	}
	return e.Entity + " " + e.Address
}

// What controllers add to names: a number, the hash of a template, and five letters for each pod, which may also be a word.
var (
	ordinal = regexp.MustCompile(`-[0-9]+$`)
	hashed  = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{8,10}(-[bcdfghjklmnpqrstvwxz2456789]{5})?$`)
	random  = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
)

// stem leaves out of a pod's name what its controller adds, where that is no word.
func stem(pod string) string {
	pod = strings.TrimSuffix(pod, "-*")
	for _, added := range []*regexp.Regexp{hashed, random, ordinal} {
		if end := added.FindString(pod); strings.ContainsAny(end, "0123456789") {
			return strings.TrimSuffix(pod, end)
		}
	}
	return pod
}

// Flow is a refused flow.
type Flow struct {
	From, To End
	// Port is the one that is called, Protocol tcp, udp or sctp.
	Port     int
	Protocol string
	// SourcePort is the other end's, 0 where the log has none.
	SourcePort int
	// Direction is egress or ingress, where the log says at which end it was refused.
	Direction string
	// Opens says that the packet opens a connection; else that is not known.
	Opens bool
	// Reason is the plugin's, By the policies that refuse it, as far as they are named.
	Reason string
	By     []string
	// Count is how often it was seen, Line the first line, Last when it was seen last, as the log writes it.
	Count int
	Line  int
	Last  string
}

// Log is what was read.
type Log struct {
	// Flows are those that were refused, the most frequent first.
	Flows []Flow
	// Formats are those that were found.
	Formats []string
	// Passed, Replies and Other count flows that were let through, packets of connections that are there, and drops that no
	// policy caused; Unread are lines that could not be read.
	Passed, Replies, Other, Unread int
	// Lost is the events that the log itself says it has lost.
	Lost int
	// FirstUnread is the line of the first.
	FirstUnread int
}

// longest is the most bytes of a line.
const longest = 1 << 20

// Read reads a log. An error is one of reading; a log in which no line is of a known format is one, too.
func Read(in io.Reader) (*Log, error) {
	out := &Log{}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longest)
	number, at := 0, map[string]int{}
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("data:"))) // server-sent events
		if len(line) == 0 || bytes.HasPrefix(line, []byte(":")) || bytes.HasPrefix(line, []byte("event:")) {
			continue
		}
		format, f, known := out.line(line)
		if !known {
			if out.Unread++; out.FirstUnread == 0 {
				out.FirstUnread = number
			}
			continue
		}
		if !slices.Contains(out.Formats, format) {
			out.Formats = append(out.Formats, format)
		}
		if f == nil {
			continue
		}
		f.Line, f.Count = number, max(f.Count, 1)
		key := fmt.Sprint(f.From.key(), " ", f.To.key(), " ", f.Port, f.Protocol, f.Direction, f.Opens, f.By)
		if i, there := at[key]; there {
			out.Flows[i].Count += f.Count
			out.Flows[i].Last = max(out.Flows[i].Last, f.Last)
			continue
		}
		at[key] = len(out.Flows)
		out.Flows = append(out.Flows, *f)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	if out.Unread > 0 && len(out.Formats) == 0 {
		return nil, fmt.Errorf("line %d is no flow of a format that is known: `hubble observe -o jsonpb`, Calico's Whisker, GKE's policy logs, AWS' network policy agent", out.FirstUnread)
	}
	slices.SortStableFunc(out.Flows, func(a, b Flow) int { return cmp.Compare(b.Count, a.Count) })
	return out, nil
}
