// Package kubectl asks a cluster by way of the program kubectl, or a folder that has its answers.
//
// In: queries, each a name, the arguments of kubectl and the fields that matter. Out: answers as JSON with those fields
// alone, or why there is none: not allowed, not there, not recorded. It refuses a folder to record into that holds
// something, and gives up where kubectl or the API server cannot be reached. It asks for no Secrets, and keeps of no
// object what may hold one: environments, arguments but known ones, what kubectl noted of an object in itself.
package kubectl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/npgen/npgen/gen/budget"
)

// Program runs kubectl, with no shell between.
type Program struct {
	// Context and Kubeconfig are kubectl's flags; empty is what kubectl takes by itself.
	Context, Kubeconfig string
	// Run ends what runs where the run ends early. It may be nil.
	Run *budget.Run
	// Limits bound what is read.
	Limits budget.Limits
}

// perRequest bounds one request to the API server, perCommand all of a command, that and a login before it.
const (
	perRequest = 30 * time.Second
	perCommand = 2 * time.Minute
)

// Failed is an end of kubectl other than a good one.
type Failed struct {
	// Status is its exit status, Said what it wrote to standard error.
	Status int
	Said   string
}

// Error returns what kubectl said.
func (f *Failed) Error() string {
	said := strings.TrimSpace(f.Said)
	if said == "" {
		return fmt.Sprintf("kubectl ended with status %d", f.Status)
	}
	return said
}

// Do runs kubectl and returns what it prints. The error is a *Failed where kubectl ran and did not end well; what it
// printed is returned all the same.
func (p Program) Do(stdin io.Reader, args ...string) ([]byte, error) {
	return p.Within(p.Run.Context(), stdin, args...)
}

// Within is Do in a context of its own, which need not end with the run.
func (p Program) Within(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, perCommand)
	defer cancel()
	flags := []string{"--request-timeout=" + perRequest.String()}
	if p.Context != "" {
		flags = append(flags, "--context="+p.Context)
	}
	if p.Kubeconfig != "" {
		flags = append(flags, "--kubeconfig="+p.Kubeconfig)
	}
	cmd := exec.CommandContext(ctx, "kubectl", append(flags, args...)...)
	cmd.WaitDelay = time.Second
	cmd.Stdin = stdin
	out, said := &bounded{most: p.Limits.Or(budget.Defaults()).Input}, &bounded{most: 64 << 10}
	cmd.Stdout, cmd.Stderr = out, said
	err := cmd.Run()
	ended, isExit := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("there is no `kubectl` in PATH, and npgen asks clusters by it")
	case out.over:
		return nil, &budget.ExceededError{What: "kubectl " + strings.Join(args, " "), Most: budget.Size(out.most) + " of one answer", Variable: budget.InputVariable}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("kubectl %s: no answer within %s", strings.Join(args, " "), perCommand)
	case isExit:
		return out.Bytes(), &Failed{ended.ExitCode(), said.String()}
	case err != nil:
		return nil, fmt.Errorf("kubectl: %w", err)
	}
	return out.Bytes(), nil
}

// bounded keeps what is written up to a limit, and notes that there was more.
type bounded struct {
	bytes.Buffer
	most int64
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if left := b.most - int64(b.Len()); int64(len(p)) > left {
		b.over = true
		b.Buffer.Write(p[:max(left, 0)])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
