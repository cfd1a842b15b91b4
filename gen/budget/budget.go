// Package budget declares how much npgen takes on before it says no. Input can be hostile: a change from a stranger in
// CI must not fill the memory of the machine that judges it.
//
// In: the environment variables of a run. Out: the limits, readers that hold to them, and words that say which limit was
// reached and where to raise it. It refuses a variable that is no size, number or duration, and zero.
package budget

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The environment variables that raise or lower a limit.
const (
	InputVariable    = "NPGEN_MAX_INPUT"
	ObjectsVariable  = "NPGEN_MAX_OBJECTS"
	EdgesVariable    = "NPGEN_MAX_EDGES"
	FindingsVariable = "NPGEN_MAX_FINDINGS"
	CPUVariable      = "NPGEN_MAX_CPU"
	TimeVariable     = "NPGEN_MAX_TIME"
	MemoryVariable   = "NPGEN_MAX_MEMORY"
)

// Limits is the budget of a run. A field that is zero is as Defaults has it.
type Limits struct {
	// Input is the bytes of one input: a file of manifests, standard input, a file in the output folder. It is also what the
	// text of the input may come to where YAML aliases are replaced by what they stand for.
	Input int64
	// Objects is the documents and objects of the manifests that are read together.
	Objects int64
	// Edges is the edges of a graph, groups multiplied out.
	Edges int64
	// Findings is how many a report shows.
	Findings int64
	// CPU is the time of the processors for evaluating the packages that are read together.
	CPU time.Duration
	// Time is the time of the processors for the whole run, whatever it does.
	Time time.Duration
	// Memory is the bytes of the whole process.
	Memory int64
}

// Defaults returns the limits of a run that raises none. Those of time and memory leave a graph of ten thousand
// workloads and fifty thousand edges ten times what it needs (docs/performance.md).
func Defaults() Limits {
	return Limits{
		Input:    256 << 20,
		Objects:  1_000_000,
		Edges:    1_000_000,
		Findings: 5_000,
		CPU:      45 * time.Second,
		Time:     10 * time.Minute,
		Memory:   3 << 30,
	}
}

// FunctionMemory is the default for Limits.Memory in a KRM function, which holds the whole list three times.
const FunctionMemory = 8 << 30

// FromEnvironment returns what the variables say; a variable that is not set or empty says nothing.
func FromEnvironment(lookup func(string) string) (Limits, error) {
	var l Limits
	for _, v := range []struct {
		name  string
		parse func(string) (int64, error)
		set   func(int64)
	}{
		{InputVariable, parseSize, func(n int64) { l.Input = n }},
		{ObjectsVariable, parseCount, func(n int64) { l.Objects = n }},
		{EdgesVariable, parseCount, func(n int64) { l.Edges = n }},
		{FindingsVariable, parseCount, func(n int64) { l.Findings = n }},
		{CPUVariable, parseDuration, func(n int64) { l.CPU = time.Duration(n) }},
		{TimeVariable, parseDuration, func(n int64) { l.Time = time.Duration(n) }},
		{MemoryVariable, parseSize, func(n int64) { l.Memory = n }},
	} {
		text := lookup(v.name)
		if text == "" {
			continue
		}
		n, err := v.parse(text)
		if err != nil || n <= 0 {
			return Limits{}, fmt.Errorf("%s is `%s`, and not %s", v.name, text, wanted(v.name))
		}
		v.set(n)
	}
	return l, nil
}

func wanted(variable string) string {
	switch variable {
	case InputVariable, MemoryVariable:
		return "a size such as `512MiB` or `4GiB`"
	case CPUVariable, TimeVariable:
		return "a duration such as `90s` or `5m`"
	}
	return "a number above 0"
}

// Or returns the limits with those of another budget in the place of zeros.
func (l Limits) Or(other Limits) Limits {
	return Limits{
		Input:    or(l.Input, other.Input),
		Objects:  or(l.Objects, other.Objects),
		Edges:    or(l.Edges, other.Edges),
		Findings: or(l.Findings, other.Findings),
		CPU:      or(l.CPU, other.CPU),
		Time:     or(l.Time, other.Time),
		Memory:   or(l.Memory, other.Memory),
	}
}

func or[T int64 | time.Duration](n, other T) T {
	if n == 0 {
		return other
	}
	return n
}

// ExceededError says which limit something exceeds. Nothing of what exceeds it was used.
type ExceededError struct {
	// What exceeds the limit, as the user would name it.
	What string
	// Most is the limit in words, Variable what raises it.
	Most, Variable string
}

// Error returns the message without the help.
func (e *ExceededError) Error() string {
	return fmt.Sprintf("%s: more than %s", e.What, e.Most)
}

// Help says what to do about it.
func (e *ExceededError) Help() string { return Raise(e.Variable) }

// Raise returns the help for a limit that was reached.
func Raise(variable string) string {
	return fmt.Sprintf("to raise the limit, set the environment variable %s to %s", variable, wanted(variable))
}

// Size returns bytes in words, rounded down: `256 MiB`.
func Size(n int64) string {
	for _, u := range units {
		if n >= u.bytes {
			return strconv.FormatInt(n/u.bytes, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

type unit struct {
	name  string
	bytes int64
}

var units = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func parseSize(s string) (int64, error) {
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			n, err := parseCount(strings.TrimSpace(digits))
			if n > math.MaxInt64/u.bytes {
				return 0, strconv.ErrRange
			}
			return n * u.bytes, err
		}
	}
	return parseCount(s)
}

func parseCount(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func parseDuration(s string) (int64, error) {
	d, err := time.ParseDuration(s)
	return int64(d), err
}
