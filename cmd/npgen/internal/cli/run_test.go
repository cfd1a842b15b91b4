package cli

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A command that is done leaves nothing running: whoever calls Main often would pay for every watch.
func TestMainEndsItsWatch(t *testing.T) {
	before := runtime.NumGoroutine()
	const times = 50
	for range times {
		if status := Main([]string{"vet", "-"}, strings.NewReader("namespace: \"shop\"\n"), io.Discard, io.Discard); status != statusFine {
			t.Fatalf("exit status %d", status)
		}
	}
	for range 1000 {
		if runtime.NumGoroutine() < before+times/2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
