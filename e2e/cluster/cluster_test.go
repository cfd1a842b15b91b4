//go:build linux

package cluster

import (
	"testing"
	"time"
)

func TestCluster(t *testing.T) {
	start := time.Now()
	c := Start(t)
	t.Log("ready", time.Since(start))
	hosts, err := c.Add(nil, []Pod{{"a", "x", nil}, {"b", "y", nil}}, nil, []Port{{Number: 80}, {53, true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("pods", time.Since(start))
	var probes []Probe
	for _, v6 := range []bool{false, true} {
		for _, p := range []Port{{Number: 80}, {53, true}, {Number: 81}} {
			probes = append(probes, Probe{hosts[0], hosts[1], p, v6})
		}
	}
	t.Log(c.Ask(probes, time.Second))
	if err := c.StartEngine(); err != nil {
		t.Fatal(err)
	}
	t.Log("engine", time.Since(start))
	t.Log(c.Ask(probes, time.Second))
	out, err := c.Kubectl(".", "", "get", "pods,nodes", "-A", "-o", "wide")
	t.Log(out, err)
	c.StopEngine()
	t.Log(c.Ask(probes, time.Second))
	t.Log("end", time.Since(start))
}
