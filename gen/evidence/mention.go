package evidence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mention is a word of a text that may be the DNS name of a Service.
type mention struct {
	host string
	// port is the number behind the host, or 0; beside is those that stand beside it.
	port   int
	beside []int
	// scheme is what stands before `://`, if anything.
	scheme string
	// strong is set where the word can only be an address: by a scheme, a port or a dot, or by its key.
	strong bool
	// command is set for `host 80`, as `nc` takes it: any two words look like that, and only those of a Service's are.
	command bool
}

// mentions returns the words of a value that may name a Service: `host:port`, `scheme://host`, `user@host` in a URL,
// `host=db port=5432`, one host alone, or a list of hosts. In a longer text a bare word is just a word.
func (l leaf) mentions() []mention {
	if saysNoCall(l.key) {
		return nil
	}
	out := assigned(l.value)
	alone := isList(l.value) && !saysOther(l.key)
	bare := alone && saysAddress(l.key)
	for i := 0; i < len(l.value); {
		start := i
		for i < len(l.value) && isHostByte(l.value[i]) {
			i++
		}
		if i == start {
			i++
		} else if m, ok := mentionAt(l.value, start, i, bare || alone && strings.Contains(strings.Trim(l.value[start:i], "."), ".")); ok {
			m.strong = true
			out = append(out, m)
		}
	}
	return l.withPorts(out)
}

// withPorts gives hosts without a port those that stand beside the value.
func (l leaf) withPorts(all []mention) []mention {
	exact, others := portsBeside(l.key, l.beside)
	off := switchedOff(l.key, l.beside)
	for i := range all {
		m := &all[i]
		m.strong = m.strong && !off
		if m.port != 0 || m.scheme != "" {
			continue
		}
		if p := portNumber(exact); p != 0 {
			m.beside = []int{p}
		}
		for _, text := range others {
			if p := portNumber(text); p != 0 && !slices.Contains(m.beside, p) {
				m.beside = append(m.beside, p)
			}
		}
	}
	return all
}

func portNumber(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > 65535 {
		return 0
	}
	return n
}

func isHostByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_'
}

// around is how far from a word the rest of its URL is looked for, in bytes.
const around = 300

// mentionAt judges the word between two offsets by what stands around it; bare says whether a word alone will do.
func mentionAt(value string, start, end int, bare bool) (mention, bool) {
	before, after := value[max(0, start-around):start], value[end:min(len(value), end+around)]
	port, command := leadingPort(after)
	m := mention{host: strings.Trim(value[start:end], "."), port: port, command: command}
	if !strings.ContainsFunc(m.host, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		return m, false
	}
	before, user := strings.CutSuffix(before, "@")
	if user && !strings.HasSuffix(before, ":") && !strings.HasSuffix(before, "@tcp(") {
		before = before[:strings.LastIndexAny(before, urlEnd)+1]
	}
	rest, isURL := strings.CutSuffix(before, "://")
	switch {
	case isURL:
		m.scheme, m.command = trailingScheme(rest), false
		return m, user || !isUser(after)
	case user:
		return m, m.port != 0 && !m.command
	case strings.HasSuffix(before, "$"), strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "//"):
		return m, false
	}
	return m, m.port != 0 || bare || isService(m.host)
}

// isService reports whether a name is that of an SRV record: `_port._protocol.name`.
func isService(host string) bool {
	labels := strings.Split(host, ".")
	return len(labels) > 2 && strings.HasPrefix(labels[0], "_") && strings.HasPrefix(labels[1], "_")
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

// trailingScheme returns the scheme at the end of a text, `postgresql` of `postgresql+psycopg`.
func trailingScheme(s string) string {
	i := len(s)
	for i > 0 && (isHostByte(s[i-1]) || s[i-1] == '+') {
		i--
	}
	scheme, _, _ := strings.Cut(strings.ToLower(s[i:]), "+")
	return scheme
}

// leadingPort returns the port of a text such as `:8080/path`, or ` 8080` as `nc` takes it; 0 where there is none.
func leadingPort(s string) (port int, command bool) {
	if s == "" || s[0] != ':' && s[0] != ' ' {
		return 0, false
	}
	rest := strings.TrimLeft(s[1:], "0123456789")
	digits := s[1 : len(s)-len(rest)]
	if rest != "" && (rest[0] == '@' || rest[0] != '.' && isHostByte(rest[0])) {
		return 0, false // `user:1234@host` is no port
	}
	return portNumber(digits), s[0] == ' '
}

// isList reports whether a value is a host, or hosts with commas or semicolons between them, and nothing else.
func isList(value string) bool {
	items := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' })
	return !slices.ContainsFunc(items, func(item string) bool {
		return strings.ContainsFunc(strings.TrimSpace(item), func(r rune) bool { return r > 127 || r != ':' && !isHostByte(byte(r)) })
	})
}

// assignments are the forms in which a text gives a host and its port apart.
var assignments = []struct{ host, port *regexp.Regexp }{
	{
		regexp.MustCompile(`(?i)(?:^|[;\s(])(?:host|hostname|server|data source|datasource|addr|address|network address|endpoint)\s*=\s*([^;)\s]+)`),
		regexp.MustCompile(`(?i)(?:^|[;\s(])port\s*=\s*(\d+)`),
	},
	{
		regexp.MustCompile(`(?:^|\s)(?:-h|-H|--host|--hostname|--server)[=\s]+([^\s;|&]+)`),
		regexp.MustCompile(`(?:^|\s)(?:-p|-P|--port)[=\s]*(\d+)`),
	},
}

// assigned returns the host of a connection string or of a client's flags: `Host=db;Username=..`, `Server=tcp:db,1433`,
// `host=db port=5432`, `(HOST=db)(PORT=1521)`, `-h db -p 5432`.
func assigned(value string) []mention {
	var out []mention
	for _, form := range assignments {
		port := form.port.FindStringSubmatch(value)
		for _, found := range form.host.FindAllStringSubmatch(value, -1) {
			for item := range strings.SplitSeq(strings.Trim(found[1], `"'`), ",") {
				m, ok := hostOf(item)
				switch {
				case ok:
					m.strong = true
					out = append(out, m)
				case len(out) > 0 && out[len(out)-1].port == 0:
					out[len(out)-1].port = portNumber(item) // `Server=db,1433`
				}
			}
		}
		for i := range out {
			if out[i].port == 0 && port != nil {
				out[i].port = portNumber(port[1])
			}
		}
	}
	return out
}

// hostOf returns a mention of `host`, `host:port` or `tcp:host`, nothing of a URL, which is found as such.
func hostOf(text string) (mention, bool) {
	text = strings.TrimPrefix(text, "tcp:")
	host, port, _ := strings.Cut(text, ":")
	ok := strings.ContainsFunc(host, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) &&
		!strings.ContainsFunc(host, func(r rune) bool { return r > 127 || !isHostByte(byte(r)) })
	return mention{host: host, port: portNumber(port)}, ok && (port == "" || portNumber(port) != 0)
}
