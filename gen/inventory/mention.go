package inventory

import (
	"strconv"
	"strings"
)

// mention is a text's word that may be the DNS name of a Service.
type mention struct {
	host string
	// port is the number behind the host, or 0.
	port int
	// scheme is what stands before `://`, if anything.
	scheme string
	// sure is set where the form says that the word is a host: a scheme, a port or a user in front. Else the word is
	// the whole text, or an item of the list that the text is.
	sure bool
}

// mentions returns the words of a text that may name a Service: `host:port`, `scheme://host`, `user@host`, a list of
// hosts, or one host alone. In a longer text a bare word is just a word.
func mentions(t text) []mention {
	var out []mention
	for i := 0; i < len(t.value); {
		if !isHostByte(t.value[i]) {
			i++
			continue
		}
		start := i
		for i < len(t.value) && isHostByte(t.value[i]) {
			i++
		}
		if m, ok := t.mention(start, i); ok {
			out = append(out, m)
		}
	}
	return out
}

func isHostByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_'
}

// mention judges the word between two offsets by what stands around it.
func (t text) mention(start, end int) (mention, bool) {
	before, after := t.value[:start], t.value[end:]
	m := mention{host: strings.TrimRight(t.value[start:end], ".")}
	before, user := strings.CutSuffix(before, "@")
	if user {
		before = before[:len(before)-len(lastWord(before))]
	}
	if rest, ok := strings.CutSuffix(before, "://"); ok {
		m.scheme, m.sure = trailing(rest, isHostByte), true
	} else if strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "//") || strings.HasSuffix(before, "$") {
		return m, false
	}
	m.port = leadingPort(after)
	m.sure = m.sure || m.port != 0 || user && m.scheme != ""
	if !m.sure && (user || !t.isList() || t.saysOther()) {
		return m, false
	}
	return m, true
}

// lastWord returns the user and password at the end of a text, up to the slashes or the blank before them.
func lastWord(s string) string {
	return s[strings.LastIndexAny(s, "/ \t\n\"'")+1:]
}

func trailing(s string, f func(byte) bool) string {
	i := len(s)
	for i > 0 && f(s[i-1]) {
		i--
	}
	return s[i:]
}

// leadingPort returns the port of a text such as `:8080/path`, or ` 8080` as `nc` takes it; 0 where there is none.
func leadingPort(s string) int {
	if s == "" || s[0] != ':' && s[0] != ' ' {
		return 0
	}
	digits := len(s[1:]) - len(strings.TrimLeft(s[1:], "0123456789"))
	if rest := s[1+digits:]; digits > 5 || rest != "" && (isHostByte(rest[0]) && rest[0] != '.') {
		return 0
	}
	n, err := strconv.Atoi(s[1 : 1+digits])
	if err != nil || !isPort(n) {
		return 0
	}
	return n
}

// isList reports whether the text is a host, or hosts with commas or semicolons between them, and nothing else.
func (t text) isList() bool {
	for _, item := range strings.FieldsFunc(t.value, func(r rune) bool { return r == ',' || r == ';' }) {
		item = strings.TrimSpace(item)
		for i := range len(item) {
			if !isHostByte(item[i]) && item[i] != ':' {
				return false
			}
		}
	}
	return true
}

// saysOther reports whether the key says that the value is no host: `POSTGRES_DB: orders` names a database even where
// a Service is called orders.
func (t text) saysOther() bool {
	words := strings.FieldsFunc(strings.ToUpper(t.key), func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') || r == '-' || r == '_' || r == '.'
	})
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "NAME":
		return len(words) < 2 || words[len(words)-2] != "HOST" && words[len(words)-2] != "SERVER"
	case "DB", "DATABASE", "SCHEMA", "USER", "USERNAME", "PASSWORD", "TYPE", "KIND", "MODE", "DRIVER", "DIALECT", "ENGINE",
		"NAMESPACE", "TOPIC", "QUEUE", "BUCKET", "VERSION", "TAG", "PROFILE", "PROFILES", "COMPONENT", "ROLE", "GROUP",
		"APP", "SERVICE_NAME", "PREFIX", "SUFFIX", "PATH", "DIR", "LEVEL", "ENV", "REALM", "AUDIENCE", "ISSUER", "CN":
		return true
	}
	return false
}

// words that end an environment variable's name where it holds an address; the port stands beside it with the same
// beginning, as in DB_HOST and DB_PORT.
func portKey(key string) (string, bool) {
	i := strings.LastIndexAny(key, "_-.")
	if i < 0 {
		return "", false
	}
	port := "PORT"
	if strings.ToLower(key) == key {
		port = "port"
	}
	return key[:i+1] + port, true
}
