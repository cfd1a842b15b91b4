package docs_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/npgen/npgen/gen/graph"
)

// grammar reads the productions of a block, and parses sentences that it derives from the first of them.
func (r *runner) grammar(b *block) {
	g := grammar{rules: map[string][]string{}, random: rand.New(rand.NewPCG(1, 2))}
	start := ""
	for line := range strings.Lines(b.text) {
		name, body, found := strings.Cut(strings.TrimSpace(line), " = ")
		if !found {
			r.errorf(b, "not a production: %q", line)
			return
		}
		name = strings.TrimSpace(name)
		if start == "" {
			start = name
		}
		g.rules[name] = token.FindAllString(strings.TrimSuffix(body, " ."), -1)
	}
	for range 5000 {
		var s strings.Builder
		g.derive(start, &s)
		if g.fault != "" {
			r.errorf(b, "%s", g.fault)
			return
		}
		if _, errs := graph.ParseEdge(s.String()); len(errs) > 0 {
			r.errorf(b, "the grammar derives %q, and npgen says: %v", s.String(), errs[0])
			return
		}
	}
}

var token = regexp.MustCompile(`"[^"]*"|[a-zA-Z0-9]+|[][(){}|]`)

// grammar derives random sentences.
type grammar struct {
	rules  map[string][]string
	random *rand.Rand
	fault  string
}

// words are the words of the language that the grammar leaves to prose.
var words = map[string][]string{
	"name":     {"api", "queue-master", "x", "0", "a-1", strings.Repeat("n", 63)},
	"number":   {"1", "80", "65535"},
	"range":    {"1-2", "80-80", "8000-8010"},
	"portname": {"http", "a", "grpc-web", "http-metrics-1x"},
	"ipv4":     {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32"},
	"ipv6":     {"2001:db8::/32", "::/0", "fe80::1/128"},
}

func (g *grammar) derive(name string, out *strings.Builder) {
	tokens, known := g.rules[name]
	if choices := words[name]; !known && len(choices) > 0 {
		out.WriteString(choices[g.random.IntN(len(choices))])
		return
	}
	if !known {
		g.fault = fmt.Sprintf("nothing says what `%s` is", name)
		return
	}
	g.sequence(tokens, out)
}

// sequence derives one of the alternatives that tokens hold.
func (g *grammar) sequence(tokens []string, out *strings.Builder) {
	alternatives := split(tokens)
	tokens = alternatives[g.random.IntN(len(alternatives))]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch t[0] {
		case '"':
			out.WriteString(strings.Trim(t, `"`))
		case '(', '[', '{':
			inner := tokens[i+1 : i+closing(tokens[i:])]
			for range map[byte]int{'(': 1, '[': g.random.IntN(2), '{': g.random.IntN(3)}[t[0]] {
				g.sequence(inner, out)
			}
			i += len(inner) + 1
		default:
			g.derive(t, out)
		}
	}
}

// split cuts tokens at the bars outside of brackets.
func split(tokens []string) [][]string {
	out := [][]string{nil}
	depth := 0
	for _, t := range tokens {
		switch {
		case strings.Contains("([{", t):
			depth++
		case strings.Contains(")]}", t):
			depth--
		case t == "|" && depth == 0:
			out = append(out, nil)
			continue
		}
		out[len(out)-1] = append(out[len(out)-1], t)
	}
	return out
}

// closing returns the index of the bracket that closes the first one.
func closing(tokens []string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case strings.Contains("([{", t):
			depth++
		case strings.Contains(")]}", t):
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return len(tokens) - 1
}
