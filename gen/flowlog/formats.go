package flowlog

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// line reads one line. A line that is of a known format and no refused flow is counted, and has none.
func (l *Log) line(text []byte) (format string, f *Flow, known bool) {
	if text[0] != '{' {
		return l.aws(text)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return "", nil, false
	}
	if inner, ok := fields["jsonPayload"]; ok { // Cloud Logging
		text = inner
		if json.Unmarshal(text, &fields) != nil {
			return "", nil, false
		}
	}
	has := func(name string) bool { _, ok := fields[name]; return ok }
	switch {
	case has("lost_events"):
		var v struct {
			Lost struct {
				N json.Number `json:"num_events_lost"`
			} `json:"lost_events"`
		}
		if json.Unmarshal(text, &v) == nil {
			n, _ := strconv.Atoi(strings.Trim(v.Lost.N.String(), `"`))
			l.Lost += max(n, 1)
		}
		return hubble, nil, true
	case has("node_status"):
		return hubble, nil, true
	case has("flow"):
		return hubble, l.hubble(fields["flow"]), true
	case has("verdict") && has("IP"):
		return hubble, l.hubble(text), true
	case has("action") && has("dest_port"):
		return "calico", l.calico(text), true
	case has("disposition") && has("connection"):
		return "gke", l.gke(text), true
	}
	return "", nil, false
}

const hubble = "hubble"

type hubbleEnd struct {
	Namespace string   `json:"namespace"`
	Pod       string   `json:"pod_name"`
	Labels    []string `json:"labels"`
	Workloads []struct {
		Name string `json:"name"`
	} `json:"workloads"`
}

type hubblePorts struct {
	Source      int `json:"source_port"`
	Destination int `json:"destination_port"`
	Flags       *struct {
		SYN, ACK bool
	} `json:"flags"`
}

type hubbleFlow struct {
	Time    string
	Verdict string
	IP      struct {
		Source, Destination string
	}
	L4               map[string]json.RawMessage
	Source           hubbleEnd
	Destination      hubbleEnd
	SourceNames      []string `json:"source_names"`
	DestinationNames []string `json:"destination_names"`
	Direction        string   `json:"traffic_direction"`
	TraceReason      string   `json:"trace_reason"`
	IsReply          *bool    `json:"is_reply"`
	DropReason       string   `json:"drop_reason_desc"`
	EgressDenied     []named  `json:"egress_denied_by"`
	IngressDenied    []named  `json:"ingress_denied_by"`
	EventType        struct {
		Type int
	} `json:"event_type"`
}

type named struct {
	Name, Namespace, Kind string
}

func (l *Log) hubble(text []byte) *Flow {
	var h hubbleFlow
	if json.Unmarshal(text, &h) != nil {
		l.Unread++
		return nil
	}
	switch {
	case h.Verdict != "DROPPED" && h.Verdict != "AUDIT":
		l.Passed++
		return nil
	case h.IsReply != nil && *h.IsReply, h.TraceReason == "REPLY", h.TraceReason == "ESTABLISHED":
		l.Replies++
		return nil
	case h.DropReason != "" && !slices.Contains([]string{"POLICY_DENIED", "POLICY_DENY", "POLICY_DENIED_DEFAULT_DENY"}, h.DropReason):
		l.Other++
		return nil
	}
	f := &Flow{
		From: h.Source.end(h.IP.Source, h.SourceNames), To: h.Destination.end(h.IP.Destination, h.DestinationNames),
		Direction: strings.ToLower(h.Direction), Reason: h.DropReason, Last: h.Time,
		Opens: h.IsReply != nil || h.TraceReason == "NEW",
	}
	for _, p := range slices.Concat(h.EgressDenied, h.IngressDenied) {
		f.By = append(f.By, strings.TrimPrefix(p.Namespace+"/"+p.Name, "/"))
	}
	for name, raw := range h.L4 {
		var ports hubblePorts
		protocol := strings.ToLower(name)
		if !slices.Contains([]string{"tcp", "udp", "sctp"}, protocol) || json.Unmarshal(raw, &ports) != nil {
			l.Other++ // ICMP has no ports, and NetworkPolicy no word for it
			return nil
		}
		f.Protocol, f.Port, f.SourcePort = protocol, ports.Destination, ports.Source
		if ports.Flags != nil && ports.Flags.SYN {
			if ports.Flags.ACK {
				l.Replies++
				return nil
			}
			f.Opens = true
		}
	}
	if f.Protocol == "" {
		l.Other++
		return nil
	}
	return f
}

func (h hubbleEnd) end(address string, names []string) End {
	out := End{Namespace: h.Namespace, Pod: h.Pod, Address: address, Names: names}
	if len(h.Workloads) > 0 {
		out.Workload = h.Workloads[0].Name
	}
	for _, label := range h.Labels {
		source, rest, _ := strings.Cut(label, ":")
		key, value, _ := strings.Cut(rest, "=")
		switch {
		case source == "reserved":
			if out.Entity == "" || key != "world" { // the API server is also of the world
				out.Entity = key
			}
		case source == "k8s" && !strings.HasPrefix(key, "io.cilium.k8s.") && !strings.HasPrefix(key, "io.kubernetes.pod."):
			if out.Labels == nil {
				out.Labels = map[string]string{}
			}
			out.Labels[key] = value
		}
	}
	return out
}

func (l *Log) calico(text []byte) *Flow {
	var c struct {
		Action, Protocol, Reporter, End string
		EndTime                         string `json:"end_time"`
		SName                           string `json:"source_name"`
		SNamespace                      string `json:"source_namespace"`
		SLabels                         string `json:"source_labels"`
		DName                           string `json:"dest_name"`
		DNamespace                      string `json:"dest_namespace"`
		DLabels                         string `json:"dest_labels"`
		Port                            int    `json:"dest_port"`
		Policies                        struct{ Enforced []named }
	}
	if json.Unmarshal(text, &c) != nil {
		l.Unread++
		return nil
	}
	if c.Action != "Deny" {
		l.Passed++
		return nil
	}
	end := func(name, namespace, labels string) End {
		if namespace == "" || namespace == "-" {
			return End{Entity: map[string]string{"pub": "world", "pvt": "private"}[name]}
		}
		out := End{Namespace: namespace, Workload: stem(name), Part: true}
		for label := range strings.FieldsFuncSeq(labels, func(r rune) bool { return r == '|' || r == ',' }) {
			if key, value, ok := strings.Cut(strings.TrimSpace(label), "="); ok {
				if out.Labels == nil {
					out.Labels = map[string]string{}
				}
				out.Labels[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
		return out
	}
	f := &Flow{
		From: end(c.SName, c.SNamespace, c.SLabels), To: end(c.DName, c.DNamespace, c.DLabels), Port: c.Port,
		Protocol: strings.ToLower(c.Protocol), Opens: true, Last: c.EndTime,
		Direction: map[string]string{"Src": "egress", "Dst": "ingress"}[c.Reporter],
	}
	for _, p := range c.Policies.Enforced {
		f.By = append(f.By, strings.TrimPrefix(p.Namespace+"/"+p.Name, "/"))
	}
	return f
}

func (l *Log) gke(text []byte) *Flow {
	type end struct {
		Pod       string `json:"pod_name"`
		Namespace string `json:"pod_namespace"`
		Workload  string `json:"workload_name"`
	}
	var g struct {
		Connection struct {
			Source      string `json:"src_ip"`
			Destination string `json:"dest_ip"`
			SourcePort  int    `json:"src_port"`
			Port        int    `json:"dest_port"`
			Protocol    string
			Direction   string
		}
		Disposition string
		Src, Dest   end
		Count       int
		Timestamp   string
	}
	if json.Unmarshal(text, &g) != nil {
		l.Unread++
		return nil
	}
	if g.Disposition != "deny" {
		l.Passed++
		return nil
	}
	of := func(e end, address string) End {
		out := End{Namespace: e.Namespace, Pod: e.Pod, Workload: stem(e.Workload), Address: address}
		if e.Namespace == "" {
			out.Entity = "world"
		}
		return out
	}
	c := g.Connection
	return &Flow{
		From: of(g.Src, c.Source), To: of(g.Dest, c.Destination), Port: c.Port, SourcePort: c.SourcePort, Protocol: strings.ToLower(c.Protocol),
		Direction: c.Direction, Count: g.Count, Last: g.Timestamp, Opens: true,
	}
}

// Both forms of AWS' agent: that of CloudWatch, and that of the file on the node.
var (
	awsCloud = regexp.MustCompile(`\bSIP: ([^;]+);\s*SPORT: (\d+);\s*DIP: ([^;]+);\s*DPORT: (\d+);\s*PROTOCOL: (\w+);\s*PolicyVerdict: ([A-Z/]+)`)
	awsNode  = regexp.MustCompile(`Flow Info:.*?Src IP"?[:=]? ?"?([0-9a-f.:]+)"?,? *"?Src Port"?[:=]? ?(\d+),? *"?Dest IP"?[:=]? ?"?([0-9a-f.:]+)"?,? *"?Dest Port"?[:=]? ?(\d+),? *"?Proto"?[:=]? ?"?(\w+)"?,? *"?Verdict"?[:=]? ?"?([A-Z/]+)`)
)

func (l *Log) aws(text []byte) (string, *Flow, bool) {
	m := awsCloud.FindSubmatch(text)
	if m == nil {
		m = awsNode.FindSubmatch(text)
	}
	if m == nil {
		return "", nil, false
	}
	if !bytes.Equal(m[6], []byte("DENY")) {
		l.Passed++
		return "aws", nil, true
	}
	source, _ := strconv.Atoi(string(m[2]))
	port, _ := strconv.Atoi(string(m[4]))
	return "aws", &Flow{
		From: End{Address: string(m[1])}, To: End{Address: string(m[3])}, Port: port, SourcePort: source, Protocol: strings.ToLower(string(m[5])),
	}, true
}
