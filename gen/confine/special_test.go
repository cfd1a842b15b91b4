//go:build unix

package confine_test

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/npgen/npgen/gen/confine"
)

// TestSpecial holds that what is neither a file nor a folder is refused, and not waited for.
func TestSpecial(t *testing.T) {
	dir := place(t, "r/.git/", "r/link -> fifo")
	at := func(name string) string { return filepath.Join(dir, "r", name) }
	if err := syscall.Mkfifo(at("fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	names := []string{"fifo", "socket", "link"}
	if err := syscall.Mknod(at("device"), syscall.S_IFCHR|0o666, 1<<8|5); err == nil { // only root may
		names = append(names, "device")
	}
	root, err := confine.Around(dir + "/r")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := root.Open(at(name)); !confine.IsRefusal(err) {
			t.Errorf("%s was opened: %v", name, err)
		}
		if _, err := root.ReadDir(at(name)); !confine.IsRefusal(err) {
			t.Errorf("%s was read: %v", name, err)
		}
	}
}

// TestSwapped holds that a file which becomes a link or a FIFO meanwhile is what was asked for or an error.
func TestSwapped(t *testing.T) {
	dir := place(t, "r/.git/", "r/in", "out")
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(at("r/fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := confine.Around(at("r"))
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var swaps sync.WaitGroup
	swaps.Go(func() {
		for {
			for _, target := range []string{"in", "../out", "fifo"} {
				_ = os.Symlink(target, at("r/new"))
				_ = os.Rename(at("r/new"), at("r/x"))
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 3000 {
		data, err := root.ReadFile(at("r/x"), 10)
		if err == nil && string(data) != "r/in" {
			t.Fatalf("read %q", data)
		}
	}
	close(stop)
	swaps.Wait()
}
