package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// Request is HTTP requests: those with all that it says. What it leaves out may be anything.
type Request struct {
	// Method is a method by its name, or "".
	Method string
	// Path is a literal path, or "". Below is set where it stands for all paths that start with it; it ends in a slash
	// then. A query string may follow.
	Path  string
	Below bool
	// Headers is sorted by name. Each has just that value.
	Headers []Header
}

// Header is a header of a request by its name, in lower case, and its value.
type Header struct{ Name, Value string }

// String returns the request in one line: `GET /v1/* x-team="web"`; `*` for every request.
func (r Request) String() string {
	var parts []string
	if r.Method != "" {
		parts = append(parts, r.Method)
	}
	switch {
	case r.Below:
		parts = append(parts, r.Path+"*")
	case r.Path != "":
		parts = append(parts, r.Path)
	}
	for _, h := range r.Headers {
		parts = append(parts, h.Name+"="+strconv.Quote(h.Value))
	}
	return cmp.Or(strings.Join(parts, " "), "*")
}

// RequestsText returns requests as they follow an edge, "" for none. No two lists of requests have one text.
func RequestsText(all []Request) string {
	if len(all) == 0 {
		return ""
	}
	parts := make([]string, len(all))
	for i, r := range all {
		parts[i] = r.String()
	}
	return " [" + strings.Join(parts, " or ") + "]"
}

// SortRequests returns requests by their text, each once.
func SortRequests(all []Request) []Request {
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(a.String(), b.String()) })
	return slices.CompactFunc(all, func(a, b Request) bool { return a.String() == b.String() })
}

// CheckMethod refuses what is no method of HTTP (RFC 9110, section 9.1). Methods are told apart by case.
func CheckMethod(s string) error {
	isMethod := func(s string) bool {
		return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == "" && s[0] != '-'
	}
	switch upper := strings.ToUpper(s); {
	case isMethod(s):
		return nil
	case isMethod(upper):
		return requestError(fmt.Sprintf("`%s` is not a method: methods are told apart by case", s), fmt.Sprintf("write `%s`", upper))
	}
	return requestError(fmt.Sprintf("`%s` is not a method", s), "write one method, such as `GET`; give another entry for another method, and leave `method` out for every one")
}

// ParsePath reads a path, or a prefix that ends in `/*`. It refuses what no request has in its path.
func ParsePath(s string) (path string, below bool, err error) {
	path, below = s, strings.HasSuffix(s, "/*")
	if below {
		path = strings.TrimSuffix(s, "*")
	}
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }
	switch {
	case !strings.HasPrefix(s, "/"):
		return "", false, requestError(fmt.Sprintf("the path `%s` does not start with `/`", s), "a path is all between the host and the query: `/v1/orders`")
	case strings.ContainsAny(s, "?#"):
		i := strings.IndexAny(s, "?#")
		return "", false, requestError(fmt.Sprintf("`%s` is more than a path", s), fmt.Sprintf("write `%s`: a query string may always follow, and a fragment is never sent", s[:i]))
	case strings.Contains(path, "*"):
		return "", false, requestError(fmt.Sprintf("the path `%s` has a star before its end", s), "a path is literal; `/v1/*` alone stands for all below `/v1/`")
	case strings.ContainsFunc(path, odd):
		return "", false, requestError(fmt.Sprintf("the path `%s` has a character that is sent encoded only", s), "write it as it is sent, such as `%20` for a blank")
	case strings.Contains(path, "//"), slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return part == "." || part == ".." }):
		return "", false, requestError(fmt.Sprintf("the path `%s` is one that the proxy never sees: it resolves `.`, `..` and `//` before it looks", s), "write the path that is left")
	case strings.Contains(strings.ToLower(path), "%2f"), strings.Contains(strings.ToLower(path), "%5c"):
		return "", false, requestError(fmt.Sprintf("the path `%s` has an encoded slash, which the proxy does not leave as it is", s), "write the path with `/`")
	}
	return path, below, nil
}

// CheckHeader refuses a header that cannot be compared with a value (RFC 9110, section 5).
func CheckHeader(name, value string) error {
	token := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
	switch {
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return !token(r) }):
		return requestError(fmt.Sprintf("`%s` is not the name of a header", name), "a name has letters, digits and dashes, such as `x-team`")
	case strings.EqualFold(name, "host"):
		return requestError("the host of a request is not compared as a header", "name the peer in `to`, or the host in `hosts`")
	case value == "":
		return requestError(fmt.Sprintf("the header `%s` has an empty value, which would be any value", name), "write the value that it must have")
	case strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return requestError(fmt.Sprintf("the value of the header `%s` has blanks at its ends or characters that are not ASCII", name), "write the value as it is sent")
	}
	return nil
}

func requestError(message, help string) *SyntaxError {
	return &SyntaxError{Rule: diag.InvalidValue, Message: message, Help: help}
}
