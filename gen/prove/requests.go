package prove

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/dialect/cilium/read"
)

// requestsText returns requests as the language would write them, "" for none. They are read back from the regular
// expressions that Cilium matches with the whole value; one that says anything else than a literal, or a literal with
// what may follow a path, is an error.
func requestsText(all []read.HTTP) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	texts := make([]string, len(all))
	for i := range all {
		var err error
		if texts[i], err = requestText(&all[i]); err != nil {
			return "", err
		}
	}
	slices.Sort(texts)
	return " [" + strings.Join(slices.Compact(texts), " or ") + "]", nil
}

func requestText(h *read.HTTP) (string, error) {
	if h.Host != "" || len(h.Headers) > 0 {
		return "", fmt.Errorf("a request has `host` or `headers`")
	}
	var parts []string
	if h.Method != "" {
		method, rest, err := literal(h.Method)
		if err != nil || len(rest) > 0 || strings.ContainsAny(method, " /\"") {
			return "", fmt.Errorf("the method `%s` is more than a name", h.Method)
		}
		parts = append(parts, method)
	}
	if h.Path != "" {
		path, err := pathText(h.Path)
		if err != nil {
			return "", err
		}
		parts = append(parts, path)
	}
	var headers []string
	for _, m := range h.HeaderMatches {
		if m.Name == "" || strings.ContainsAny(m.Name, " =\"") || m.Value == "" || m.Mismatch != "" || m.Secret != nil {
			return "", fmt.Errorf("the header `%s` is not compared with a value", m.Name)
		}
		headers = append(headers, strings.ToLower(m.Name)+"="+strconv.Quote(m.Value))
	}
	slices.Sort(headers)
	if parts = append(parts, headers...); len(parts) == 0 {
		return "*", nil
	}
	return strings.Join(parts, " "), nil
}

// pathText returns a path as the language writes it: a literal behind which a query string may follow, or all below a
// slash.
func pathText(expression string) (string, error) {
	path, rest, err := literal(expression)
	switch {
	case err != nil:
		return "", err
	case !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \""):
		return "", fmt.Errorf("the path `%s` is none", expression)
	case len(rest) == 1 && isAnything(rest[0]) && strings.HasSuffix(path, "/"):
		return path + "*", nil
	case len(rest) == 1 && isQuery(rest[0]) && !strings.HasSuffix(path, "/*"):
		return path, nil
	}
	return "", fmt.Errorf("the path `%s` is neither a path with what may be asked behind it nor all below one", expression)
}

// literal divides an expression into the text that it starts with, and what follows.
func literal(expression string) (text string, rest []*syntax.Regexp, err error) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return "", nil, err
	}
	rest = []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		rest = re.Sub
	}
	if rest[0].Op == syntax.OpLiteral && rest[0].Flags&syntax.FoldCase == 0 {
		return string(rest[0].Rune), rest[1:], nil
	}
	return "", rest, nil
}

// isAnything reports whether an expression is `.*`.
func isAnything(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar && re.Sub[0].Op == syntax.OpAnyCharNotNL
}

// isQuery reports whether an expression is `(\?.*)?`.
func isQuery(re *syntax.Regexp) bool {
	if re.Op != syntax.OpQuest {
		return false
	}
	for re = re.Sub[0]; re.Op == syntax.OpCapture; {
		re = re.Sub[0]
	}
	return re.Op == syntax.OpConcat && len(re.Sub) == 2 && re.Sub[0].Op == syntax.OpLiteral && string(re.Sub[0].Rune) == "?" && isAnything(re.Sub[1])
}
