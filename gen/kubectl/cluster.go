package kubectl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Query is one question to a cluster.
type Query struct {
	// Name is the file of its answer in a recorded folder, without extension.
	Name string
	// Args are kubectl's. They end in what prints JSON, or Lines is set.
	Args []string
	// Keep is the fields of an object that matter. Of a list it goes for each item.
	Keep Fields
	// Lines says that the answer is text: each word at the start of a line is an item of a JSON list.
	Lines bool
}

// Reason says why there is no answer.
type Reason string

// The reasons.
const (
	// Answered is no reason: there is an answer.
	Answered    Reason = ""
	Forbidden   Reason = "not allowed"
	Absent      Reason = "not there"
	NotRecorded Reason = "not recorded"
	Failing     Reason = "failed"
)

// Answer is what a cluster says to a query.
type Answer struct {
	// JSON is empty where there is a reason why.
	JSON []byte
	Why  Reason
	// Said is what kubectl wrote in that case, in one line.
	Said string
}

// Cluster answers queries: a live one, or a recorded one.
type Cluster struct {
	program Program
	// recorded is the folder that is read from, record the one that is written to; else empty.
	recorded, record string
}

// Live returns the cluster that kubectl reaches. With a folder to record into, each answer is written there; the folder
// is made, and must not hold anything.
func Live(p Program, record string) (*Cluster, error) {
	if record == "" {
		return &Cluster{program: p}, nil
	}
	if entries, err := os.ReadDir(record); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("`%s` holds something; name a folder to record into that does not exist or is empty", record)
	}
	if err := os.MkdirAll(record, 0o777); err != nil {
		return nil, err
	}
	return &Cluster{program: p, record: record}, nil
}

// Recorded returns the cluster of which a folder has the answers.
func Recorded(p Program, folder string) (*Cluster, error) {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("`%s` does not exist; `--record` makes such a folder", folder)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("`%s` is no folder; `--record` makes one", folder)
	}
	return &Cluster{program: p, recorded: folder}, nil
}

// Ask asks a query. The error is trouble: no kubectl, a folder that cannot be read or written, an answer that is no JSON.
func (c *Cluster) Ask(q Query) (Answer, error) {
	if c.recorded != "" {
		return c.read(q)
	}
	a, err := c.ask(q)
	if err == nil && c.record != "" {
		err = c.write(q, a)
	}
	return a, err
}

func (c *Cluster) ask(q Query) (Answer, error) {
	out, err := c.program.Do(nil, q.Args...)
	failed, ran := errors.AsType[*Failed](err)
	switch {
	case ran && !(q.Lines && len(out) > 0): // an aggregated API that is down hides the others not
		return Answer{Why: reasonOf(failed.Said), Said: oneLine(failed.Error())}, nil
	case err != nil && !ran:
		return Answer{}, err
	}
	reduced, err := q.reduce(out)
	if err != nil {
		return Answer{}, fmt.Errorf("kubectl %s: %w", strings.Join(q.Args, " "), err)
	}
	return Answer{JSON: reduced}, nil
}

// reduce leaves of an answer what matters.
func (q Query) reduce(data []byte) ([]byte, error) {
	if q.Lines {
		words := []string{}
		for line := range strings.Lines(string(data)) {
			if fields := strings.Fields(line); len(fields) > 0 {
				words = append(words, fields[0])
			}
		}
		return indented(words)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the answer is no JSON: %w", err)
	}
	if object, ok := v.(map[string]any); ok {
		if items, isList := object["items"].([]any); isList {
			kept := []any{}
			for _, item := range items {
				kept = append(kept, q.Keep.object(item))
			}
			return indented(map[string]any{"items": kept})
		}
	}
	return indented(q.Keep.object(v))
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// reasonOf reads what kubectl says of a request that failed, which are the words of the API server.
func reasonOf(said string) Reason {
	switch {
	case strings.Contains(said, "(Forbidden)"), strings.Contains(said, " is forbidden: "), strings.Contains(said, "(Unauthorized)"):
		return Forbidden
	case strings.Contains(said, "(NotFound)"), strings.Contains(said, "the server doesn't have a resource type"),
		strings.Contains(said, "no matches for kind"), strings.Contains(said, "could not find the requested resource"):
		return Absent
	}
	return Failing
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// What a folder holds: NAME.json with an answer, or NAME.none with the reason and what kubectl said.
const (
	answerEnding = ".json"
	noneEnding   = ".none"
)

var fileName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)

func (c *Cluster) write(q Query, a Answer) error {
	if !fileName.MatchString(q.Name) {
		return fmt.Errorf("`%s` is no name of a file", q.Name)
	}
	if a.Why != Answered {
		return os.WriteFile(filepath.Join(c.record, q.Name+noneEnding), []byte(string(a.Why)+"\n"+a.Said+"\n"), 0o666)
	}
	return os.WriteFile(filepath.Join(c.record, q.Name+answerEnding), a.JSON, 0o666)
}

// read returns a recorded answer. It is reduced once more, as anybody may have written it.
func (c *Cluster) read(q Query) (Answer, error) {
	data, err := c.file(q.Name + answerEnding)
	if err == nil {
		recorded := q
		recorded.Lines = false
		reduced, err := recorded.reduce(data)
		if q.Lines {
			reduced = data
		}
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", filepath.Join(c.recorded, q.Name+answerEnding), err)
		}
		return Answer{JSON: reduced}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Answer{}, err
	}
	data, err = c.file(q.Name + noneEnding)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Answer{Why: NotRecorded}, nil
	case err != nil:
		return Answer{}, err
	}
	why, said, _ := strings.Cut(string(data), "\n")
	return Answer{Why: Reason(why), Said: oneLine(said)}, nil
}

func (c *Cluster) file(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(c.recorded, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return c.program.Limits.ReadAll(f.Name(), f)
}
