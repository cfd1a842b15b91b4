//go:build linux

package packets

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// TestPackets acts scenarios out, one after the other, in one cluster, and prints what was seen.
func TestPackets(t *testing.T) {
	b := &bench{Cluster: cluster.Start(t), root: tool.Root(t), report: &report{}}
	b.npgen = filepath.Join(tool.Npgen(t), "npgen")
	if err := b.StartEngine(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	t.Cleanup(func() { b.report.write(os.Stdout, time.Since(start)) })
	for _, act := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"chapter", b.chapter},
		{"controls", b.controls},
		{"exercises", b.exercises},
		{"closed namespace", b.closedNamespace},
		{"ports", b.portRanges},
		{"addresses", b.addressRanges},
		{"selectors", b.selectors},
		{"online-boutique", b.boutique},
		{"prune", b.prune},
		{"rollout", b.rollout},
		{"probe", b.probe},
		{"doctor", b.doctor},
	} {
		t.Run(act.name, act.run)
	}
}
