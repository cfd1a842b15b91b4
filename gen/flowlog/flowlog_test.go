package flowlog

import (
	"bytes"
	"strings"
	"testing"
)

// TestStem holds that what controllers add to the names of pods goes, and nothing else.
func TestStem(t *testing.T) {
	for pod, want := range map[string]string{
		"web-7b78d7c957-bxqfc": "web", "api-7b78d7c957-*": "api", "db-0": "db", "db-12": "db", "web": "web",
		"traffic-generator-9b649846d-bxqfc": "traffic-generator", "agent-x7k2p": "agent", "job-28371820-abcde": "job-28371820-abcde", "app-https": "app-https", "web-7b78d7c957-bcdfg": "web", "app-https-*": "app-https",
		"my-api": "my-api", "redis-cart": "redis-cart", "0": "0",
	} {
		if got := stem(pod); got != want {
			t.Errorf("%s: %s, want %s", pod, got, want)
		}
	}
}

// TestNodeFile reads the form of AWS' agent on the node.
func TestNodeFile(t *testing.T) {
	for _, line := range []string{
		`{"level":"info","msg":"x"}` + "\n" + `2026-07-31 INFO Flow Info: {"Src IP": "10.0.1.2", "Src Port": 4711, "Dest IP": "10.0.3.4", "Dest Port": 80, "Proto": "TCP", "Verdict": "DENY"}`,
		`Flow Info: Src IP: 10.0.1.2 Src Port: 4711 Dest IP: 10.0.3.4 Dest Port: 80 Proto: TCP Verdict: DENY`,
	} {
		log, err := Read(strings.NewReader(line))
		if err != nil || len(log.Flows) != 1 || log.Flows[0].Port != 80 || log.Flows[0].From.Address != "10.0.1.2" || log.Flows[0].To.Address != "10.0.3.4" {
			t.Errorf("%s: %v, %v", line, log, err)
		}
	}
}

// FuzzFlowLog holds that any log is read to its end or refused, and that each line counts once at most.
func FuzzFlowLog(f *testing.F) {
	for _, line := range []string{
		`{"flow":{"verdict":"DROPPED","IP":{"source":"10.0.1.7"},"l4":{"TCP":{"destination_port":1,"flags":{"SYN":true}}},"source":{"namespace":"a","labels":["k8s:app=b","reserved:"]}}}`,
		`{"lost_events":{"num_events_lost":"7"}}`, `data: {"action":"Deny","source_name":"-*","source_namespace":"s","source_labels":"=,|","dest_port":1}`,
		`{"jsonPayload":{"disposition":"deny","connection":{}}}`, `SIP: a;SPORT: 1;DIP: b;DPORT: 2;PROTOCOL: TCP;PolicyVerdict: DENY`, `{"flow":null}`, `{"flow":7}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if n := log.Passed + log.Replies + log.Other + log.Unread + len(log.Flows); n > 1+bytes.Count(data, []byte("\n")) {
			t.Errorf("%d of %d lines", n, 1+bytes.Count(data, []byte("\n")))
		}
	})
}
