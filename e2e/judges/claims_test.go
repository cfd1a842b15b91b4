package judges

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/internal/oracle"
)

// claim is a guardrail or a claim: its list is forbid, allow or deny.
type claim struct {
	*edge
	list string
}

// finding is one of npgen's report.
type finding struct {
	Severity, Rule, Message string
	Line                    int
	Related                 []struct{ Line int }
}

// severity is what npgen says of a question.
type severity string

const (
	passes severity = ""
	warns  severity = "warning"
	fails  severity = "error"
)

// claims holds what vet says of guardrails, and test of claims, to the judges.
func claims(t *testing.T, npgen program, c *statements, seed uint64) {
	talk := mixedTalk(seed)
	w, _ := compile(t, talk, seed)
	if w == nil {
		return
	}
	w = w.unstated(talk, seed)
	g := &talkGenerator{rawGenerator{rand.New(rand.NewPCG(seed, 38))}, talk}
	panel := panelOf(t, w)
	for _, list := range []string{"forbid", "allow", "deny"} {
		var all []claim
		for range map[string]int{"forbid": 6, "allow": 2, "deny": 3}[list] {
			all = append(all, g.claim(list))
		}
		source, line := withQuestions(talk, list, all)
		command, rule := "test", "test-fails"
		if list == "forbid" {
			command, rule = "vet", "forbidden-flow"
		}
		answer := npgen.run(t, command, save(t, "policy.cue", source), "--format", "json")
		var report struct{ Findings []finding }
		if err := json.Unmarshal([]byte(answer.err), &report); err != nil {
			t.Fatalf("seed %d: %v: %s\n%s", seed, err, answer.err, source)
		}
		if slices.ContainsFunc(report.Findings, func(f finding) bool { return f.Severity == "error" && f.Rule != rule }) {
			continue // npgen refuses the question
		}
		findings := slices.DeleteFunc(report.Findings, func(f finding) bool { return f.Rule != rule })
		c.cases++
		j := claimJudge{t, c, newReading(talk, w), panel, line, map[*edge][]Probe{}}
		of := func() string { return clipped(source, "\n", answer.err, "\n", w) }
		c.made += len(all)
		c.differ(t, seed, append(j.judge(all, findings), j.confirm(all, findings)...), of)
		if len(findings) > 0 {
			c.cutting(len(j.judge(all, cutAt(findings, g.IntN(len(findings))))) > 0)
		}
	}
}

// claim asks for something that an edge could say.
func (g *talkGenerator) claim(list string) claim {
	for {
		e := g.edge()
		if flat(e.to)[0].dns {
			continue
		}
		e.half = ""
		if list == "forbid" && g.one(4) {
			e.except = []peer{g.inside()}
		}
		e.ports, e.names = nil, nil
		g.choosePorts(e)
		return claim{e, list}
	}
}

// withQuestions writes a package with questions, and returns the line of the first.
func withQuestions(t *talk, list string, all []claim) (string, int) {
	field := list
	if list != "forbid" {
		field = "tests: " + list
	}
	source := t.cue() + field + ": [\n"
	line := 1 + strings.Count(source, "\n")
	for _, q := range all {
		source += "\t" + q.cue() + ",\n"
	}
	return source + "]\n", line
}

// claimJudge judges the questions of one report.
type claimJudge struct {
	t       *testing.T
	tally   *statements
	reading *reading
	panel   *panel
	// line is that of the first question.
	line   int
	chosen map[*edge][]Probe
}

// isOf reports whether a question is about a probe.
func (j *claimJudge) isOf(q claim, p Probe) bool {
	for _, from := range flat(q.from) {
		if !j.reading.denotes(from, p.From) {
			continue
		}
		for _, to := range flat(q.to) {
			if j.reading.opens(arrow{from, to, q.portsAt(to), "", nil}, p) {
				return !slices.ContainsFunc(flat(q.except), func(but peer) bool { return j.reading.denotes(but, p.From) })
			}
		}
	}
	return false
}

func (j *claimJudge) denote(peers []peer, s Side) bool {
	return slices.ContainsFunc(flat(peers), func(p peer) bool { return j.reading.denotes(p, s) })
}

// portsAt is the ports of a claim at a target. A guardrail without ports is for every port.
func (q claim) portsAt(to peer) []port {
	if q.list == "forbid" && q.ports == nil && q.names == nil {
		return []port{{}}
	}
	return portsOf(q.edge, to)
}

// breaking is what an engine says of a probe that breaks a question.
func (q claim) breaking() opinion {
	if q.list == "allow" {
		return denied
	}
	return allowed
}

// said is what findings say of each question.
func (j *claimJudge) said(all []claim, findings []finding) []severity {
	out := make([]severity, len(all))
	for _, f := range findings {
		lines := []int{f.Line}
		for _, r := range f.Related {
			lines = append(lines, r.Line)
		}
		for _, line := range lines {
			if i := line - j.line; i >= 0 && i < len(out) && out[i] != fails {
				out[i] = severity(f.Severity)
			}
		}
	}
	return out
}

// judge returns the probes that break a question, where npgen says that it holds, or only warns of it.
func (j *claimJudge) judge(all []claim, findings []finding) []string {
	var found []string
	said := j.said(all, findings)
	for i, q := range all {
		for _, a := range j.tally.ask(j.t, j.probes(q), j.panel) {
			for n, e := range Engines() {
				if a.said[0][n] != q.breaking() {
					continue
				}
				isPlain := j.reading.isPlain(a.From) && j.reading.isPlain(a.To)
				if said[i] == passes || isPlain && said[i] == warns {
					found = append(found, fmt.Sprintf("%s %s: npgen says %q, and by %s this is %s: %s", q.list, q.cue(), said[i], e.Name, word(q.breaking() == allowed), j.panel.world.show(a.Probe)))
				}
			}
		}
	}
	return found
}

// probes is those of a question, most of them such as break it.
func (j *claimJudge) probes(q claim) []Probe {
	out, known := j.chosen[q.edge]
	if !known {
		r := rand.New(rand.NewPCG(uint64(len(q.cue())), 39))
		isOf := func(p Probe) bool { return j.isOf(q, p) }
		breaks := func(p Probe) bool { return j.panel.likely(p) == (q.breaking() == allowed) && j.isOf(q, p) }
		w := j.panel.world
		for _, to := range flat(q.to) {
			for _, p := range q.portsAt(to) {
				w.asked = append(w.asked, p.lo, p.hi)
			}
		}
		between := func(from, to Side) bool { return j.denote(q.from, from) && j.denote(q.to, to) }
		out = append(w.candidates(r, 12, between, isOf), w.candidates(r, 24, between, breaks)...)
		w.asked = nil
		j.chosen[q.edge] = out
	}
	return out
}

// confirm returns the findings whose example no judge confirms, and counts those that give none and that no probe shows.
func (j *claimJudge) confirm(all []claim, findings []finding) []string {
	var found []string
	for _, f := range findings {
		i := f.Line - j.line
		if i < 0 || i >= len(all) {
			found = append(found, fmt.Sprintf("line %d has no claim: %s", f.Line, f.Message))
			continue
		}
		probes, own := j.tally.ask(j.t, j.probes(all[i]), j.panel), j
		if x, ok := witnessIn(f.Message); ok {
			w, p, can, err := worldOfWitness(x, j.panel.world.policies)
			if err != nil || !can {
				continue
			}
			own = &claimJudge{j.t, j.tally, newReading(j.reading.talk, w), panelOf(j.t, w), j.line, nil}
			probes = j.tally.ask(j.t, []Probe{p}, own.panel)
		}
		breaks := func(a asked) bool { return own.isOf(all[i], a.Probe) && bears(a.said[0], all[i].breaking()) }
		switch {
		case slices.ContainsFunc(probes, breaks):
		case own == j: // it names its ends, and none of them is in this world
			j.tally.unseen++
		default:
			found = append(found, fmt.Sprintf("%s %s: the judges do not confirm it: %s", all[i].list, all[i].cue(), f.Message))
		}
	}
	return found
}

// witnessIn reads the example of a finding, where it has one by labels.
func witnessIn(message string) (*oracle.Witness, bool) {
	at := regexp.MustCompile("`([^`]+ -> [^`]+)` (?:would be|is) open|does not hold for (.+)$").FindStringSubmatch(message)
	if at == nil {
		return nil, false
	}
	flow, where, _ := strings.Cut(at[1]+at[2], ", where ")
	from, to, _ := strings.Cut(flow, " -> ")
	colon := strings.LastIndex(to, ":")
	out := &oracle.Witness{Port: to[colon+1:]}
	ends := []*oracle.WitnessEnd{&out.From, &out.To}
	for i, end := range ends {
		text, own, _ := strings.Cut([]string{from, to[:colon]}[i], " where ")
		if own != "" {
			where += " and " + own
		}
		address, err := netip.ParseAddr(strings.Trim(text, "[]"))
		namespace, labels, isPod := strings.Cut(text, "/{")
		switch {
		case err == nil:
			end.Address = address.String()
		case isPod:
			end.Namespace, end.Labels = namespace, labelsIn(strings.TrimSuffix(labels, "}"))
		default:
			return nil, false
		}
	}
	for _, part := range strings.Split(where, " and ") {
		if name, ok := strings.CutPrefix(part, "it calls that port "); ok {
			var number int
			_, _ = fmt.Sscanf(out.Port, "%d", &number)
			out.To.Ports = map[string]int{name: number}
		}
		if namespace, labels, ok := strings.Cut(strings.TrimPrefix(part, "namespace "), " has "); ok {
			for _, end := range ends {
				if end.Namespace == namespace {
					end.NamespaceLabels = labelsIn(labels)
				}
			}
		}
	}
	return out, regexp.MustCompile(`^\d+(/\w+)?$`).MatchString(out.Port)
}

// labelsIn reads a=b,c=d.
func labelsIn(text string) map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Split(text, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			out[key] = value
		}
	}
	return out
}
