package revision

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// git runs git in a folder, to read objects that are there.
type git struct {
	ctx context.Context
	dir string
}

// command returns a git that runs no other program and fetches nothing, whatever the repository says: who wrote a
// repository is not who runs npgen in it. The user's own configuration stays, as `safe.directory` is in it.
func (g git) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(g.ctx, "git", append([]string{
		"--no-pager", "--literal-pathspecs",
		"-c", "safe.bareRepository=explicit", // a bare repository among the files of another
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.attributesFile=" + os.DevNull,
		"-c", "protocol.allow=never", "-c", "core.sshCommand=false", "-c", "core.askPass=", "-c", "credential.helper=",
	}, args...)...)
	cmd.Dir = g.dir
	// The variable for protocols goes before `protocol.NAME.allow` of the repository. A partial clone would fetch what it
	// lacks, from wherever it says; a replacement object is not what was committed.
	cmd.Env = append(os.Environ(), "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	return cmd
}

// run returns what git prints. Its error is what git says.
func (g git) run(args ...string) ([]byte, error) {
	cmd := g.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if message := strings.TrimSpace(stderr.String()); err != nil && message != "" {
		return out, errors.New(strings.TrimPrefix(message, "fatal: "))
	}
	return out, err
}

func (g git) line(args ...string) (string, error) {
	out, err := g.run(args...)
	return strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\r"), err
}

// entries returns all that a commit has, with the targets of its links.
func (g git) entries(commit string) ([]*entry, error) {
	out, err := g.run("ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var all, links []*entry
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 3 {
			continue
		}
		e := &entry{name: name, mode: fields[0], hash: fields[2]}
		if all = append(all, e); e.mode == modeLink {
			links = append(links, e)
		}
	}
	return all, g.contents(links, func(e *entry, content io.Reader, size int64) error {
		const longest = 4096
		if size > longest {
			return fmt.Errorf("`%s` is a link of %d characters", e.name, size)
		}
		target, err := io.ReadAll(content)
		e.target = string(target)
		return err
	})
}

// contents calls a function with the content of each entry, all from one git process.
func (g git) contents(entries []*entry, each func(e *entry, content io.Reader, size int64) error) error {
	if len(entries) == 0 {
		return nil
	}
	cmd := g.command("cat-file", "--batch")
	var names strings.Builder
	for _, e := range entries {
		names.WriteString(e.hash + "\n")
	}
	cmd.Stdin = strings.NewReader(names.String())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in := bufio.NewReader(stdout)
	for _, e := range entries {
		if err := next(in, e, each); err != nil {
			_ = cmd.Process.Kill()
			return errors.Join(err, waited(cmd))
		}
	}
	return cmd.Wait()
}

// waited waits for a process that was killed, which is no fault of its own.
func waited(cmd *exec.Cmd) error {
	if err := cmd.Wait(); err != nil && cmd.ProcessState == nil {
		return err
	}
	return nil
}

// next reads the next object of a batch: a line with its hash, type and size, the content, a line end.
func next(in *bufio.Reader, e *entry, each func(*entry, io.Reader, int64) error) error {
	head, err := in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("git cannot read `%s`: it is not in the repository; is this a partial clone? Fetch all of it first", e.name)
	}
	fields := strings.Fields(head)
	if len(fields) != 3 || fields[0] != e.hash || fields[1] != "blob" {
		return fmt.Errorf("git cannot read `%s`: it is not in the repository; is this a partial clone? Fetch all of it first", e.name)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return err
	}
	content := io.LimitReader(in, size)
	if err := each(e, content, size); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	_, err = in.Discard(1)
	return err
}
