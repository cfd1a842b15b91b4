package evidence

import (
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/gen/inventory"
)

// mention is a word of a text that may be the DNS name of a Service.
type mention struct {
	host string
	// port is the number behind the host, or 0.
	port int
	// scheme is what stands before `://`, if anything.
	scheme string
	// strong is set where the word can only be an address: by a scheme, a port or a dot, or by its key.
	strong bool
}

// mentions returns the words of a text that may name a Service: `host:port`, `scheme://host`, `user@host` in a URL, one
// host alone, or a list of hosts. In a longer text a bare word is just a word.
func mentions(t inventory.Text) []mention {
	bare := isList(t) && !saysOther(t)
	var out []mention
	for i := 0; i < len(t.Value); {
		start := i
		for i < len(t.Value) && isHostByte(t.Value[i]) {
			i++
		}
		if i == start {
			i++
		} else if m, ok := mentionAt(t.Value, start, i, bare); ok {
			m.strong = m.scheme != "" || m.port != 0 || strings.Contains(m.host, ".") || saysAddress(t.Key)
			out = append(out, m)
		}
	}
	return out
}

func isHostByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_'
}

// around is how far from a word the rest of its URL is looked for, in bytes.
const around = 300

// mentionAt judges the word between two offsets by what stands around it; bare says whether a word alone will do.
func mentionAt(value string, start, end int, bare bool) (mention, bool) {
	before, after := value[max(0, start-around):start], value[end:min(len(value), end+around)]
	m := mention{host: strings.TrimRight(value[start:end], "."), port: leadingPort(after)}
	if !strings.ContainsFunc(m.host, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		return m, false
	}
	before, user := strings.CutSuffix(before, "@")
	if user {
		before = before[:strings.LastIndexAny(before, urlEnd)+1]
	}
	rest, isURL := strings.CutSuffix(before, "://")
	switch {
	case isURL:
		m.scheme = trailingWord(rest)
		return m, user || !isUser(after)
	case user, strings.HasSuffix(before, "$"), strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "//"):
		return m, false
	}
	return m, m.port != 0 || bare
}

// urlEnd is the bytes that end the part of a URL which holds user and host, or what stands before that part.
const urlEnd = "/ \t\r\n\"'"

// isUser reports whether the word before a text is the user of a URL, as in `user:password@host`.
func isUser(after string) bool {
	if i := strings.IndexAny(after, urlEnd); i >= 0 {
		after = after[:i]
	}
	return strings.Contains(after, "@")
}

func trailingWord(s string) string {
	i := len(s)
	for i > 0 && isHostByte(s[i-1]) {
		i--
	}
	return s[i:]
}

// leadingPort returns the port of a text such as `:8080/path`, or ` 8080` as `nc` takes it; 0 where there is none.
func leadingPort(s string) int {
	if s == "" || s[0] != ':' && s[0] != ' ' {
		return 0
	}
	rest := strings.TrimLeft(s[1:], "0123456789")
	digits := s[1 : len(s)-len(rest)]
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 65535 || rest != "" && rest[0] != '.' && isHostByte(rest[0]) {
		return 0
	}
	return n
}

// isList reports whether the text is a host, or hosts with commas or semicolons between them, and nothing else.
func isList(t inventory.Text) bool {
	items := strings.FieldsFunc(t.Value, func(r rune) bool { return r == ',' || r == ';' })
	return !slices.ContainsFunc(items, func(item string) bool {
		return strings.ContainsFunc(strings.TrimSpace(item), func(r rune) bool { return r > 127 || r != ':' && !isHostByte(byte(r)) })
	})
}

// saysOther reports whether the key says that the value is no host: `POSTGRES_DB: orders` names a database, even where
// a Service is called orders.
func saysOther(t inventory.Text) bool {
	words := keyWords(t.Key)
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "NAME":
		return len(words) < 2 || words[len(words)-2] != "HOST" && words[len(words)-2] != "SERVER"
	case "DB", "DATABASE", "SCHEMA", "USER", "USERNAME", "PASSWORD", "TYPE", "KIND", "MODE", "DRIVER", "DIALECT", "ENGINE",
		"NAMESPACE", "TOPIC", "QUEUE", "BUCKET", "VERSION", "TAG", "PROFILE", "PROFILES", "COMPONENT", "ROLE", "GROUP",
		"APP", "PREFIX", "SUFFIX", "PATH", "DIR", "LEVEL", "ENV", "REALM", "AUDIENCE", "ISSUER", "CN":
		return true
	}
	return false
}

// saysAddress reports whether a key says that its value is an address.
func saysAddress(key string) bool {
	return slices.ContainsFunc(keyWords(key), func(word string) bool {
		switch strings.TrimRight(word, "S0123456789") {
		case "HOST", "HOSTNAME", "ADDR", "ADDRES", "URL", "URI", "ENDPOINT", "SERVER", "BROKER", "DSN", "UPSTREAM", "PEER", "SEED":
			return true
		}
		return false
	})
}

// keyWords returns the words of a key, in capitals.
func keyWords(key string) []string {
	return strings.FieldsFunc(strings.ToUpper(key), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
}

// portKey returns the key that holds the port where a key holds a host alone, as DB_PORT beside DB_HOST.
func portKey(key string) string {
	i := strings.LastIndexAny(key, "_-.")
	if i < 0 {
		return ""
	}
	if strings.ToLower(key) == key {
		return key[:i+1] + "port"
	}
	return key[:i+1] + "PORT"
}
