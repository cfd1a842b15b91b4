package evidence

import (
	"slices"
	"strings"
	"unicode"
)

// keyWords returns the words of a key, in capitals: `dbHost`, `db.host` and `DB_HOST` are the same.
func keyWords(key string) []string {
	var b strings.Builder
	var last rune
	for _, r := range key {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteString(" " + string(r))
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
		last = r
	}
	return strings.Fields(b.String())
}

// isAddressWord reports whether a word of a key says that its value is an address.
func isAddressWord(word string) bool {
	switch strings.TrimRight(word, "0123456789") {
	case "HOST", "HOSTS", "HOSTNAME", "HOSTNAMES", "ADDR", "ADDRS", "ADDRESS", "ADDRESSES", "URL", "URLS", "URI", "URIS",
		"ENDPOINT", "ENDPOINTS", "SERVER", "SERVERS", "BROKER", "BROKERS", "DSN", "UPSTREAM", "UPSTREAMS", "PEER", "PEERS",
		"SEED", "SEEDS", "TARGET", "TARGETS", "BACKEND", "REMOTE", "JOIN", "CONTACT":
		return true
	}
	return false
}

// saysAddress reports whether a key says that its value is an address, even if that is a word alone. `-h` is how database
// clients are told theirs.
func saysAddress(key string) bool {
	return key == "-h" || slices.ContainsFunc(keyWords(key), isAddressWord) && !saysOther(key)
}

// saysOther reports whether the key says that a word alone is no host: `POSTGRES_DB: orders` names a database, even where
// a Service is called orders.
func saysOther(key string) bool {
	words := keyWords(key)
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "NAME":
		return len(words) < 2 || words[len(words)-2] != "HOST" && words[len(words)-2] != "SERVER"
	case "DB", "DATABASE", "SCHEMA", "USER", "USERNAME", "PASSWORD", "TYPE", "KIND", "MODE", "DRIVER", "DIALECT", "ENGINE",
		"NAMESPACE", "TOPIC", "QUEUE", "BUCKET", "VERSION", "TAG", "PROFILE", "PROFILES", "COMPONENT", "ROLE", "GROUP",
		"APP", "PREFIX", "SUFFIX", "PATH", "DIR", "LEVEL", "ENV", "REALM", "AUDIENCE", "ISSUER", "CN", "VENDOR", "PROVIDER",
		"STRATEGY", "FORMAT", "PORT", "SECRET", "TOKEN", "KEY", "ID":
		return true
	}
	return false
}

// saysNoCall reports whether a key says that its value names others without calling them: who may call, who is passed
// over, who is told where this is.
func saysNoCall(key string) bool {
	words := keyWords(key)
	for i, word := range words {
		switch word {
		case "ALLOW", "ALLOWED", "ALLOWLIST", "TRUST", "TRUSTED", "CORS", "ORIGIN", "ORIGINS", "WHITELIST", "BLACKLIST", "BLOCKLIST",
			"DENYLIST", "DENIED", "EXCLUDE", "EXCLUDED", "EXCLUDES", "IGNORE", "IGNORED", "EXEMPT", "BYPASS", "REDIRECT", "REDIRECTS", "CALLBACK",
			"CALLBACKS", "ADVERTISE", "ADVERTISED", "SAN", "SANS", "REFERER", "REFERERS", "CNAME", "VHOST", "NOPROXY":
			return true
		case "IMAGE", "IMAGES":
			if i == len(words)-1 {
				return true
			}
		case "PROXY", "PROXIES":
			if i > 0 && (words[i-1] == "NO" || words[i-1] == "NON") {
				return true
			}
		case "NAMES":
			if i > 0 && (words[i-1] == "DNS" || words[i-1] == "ALT" || words[i-1] == "SERVER") {
				return true
			}
		}
	}
	return false
}

// saysSecret reports whether a key says that nobody should read its value.
func saysSecret(key string) bool {
	return slices.ContainsFunc(keyWords(key), func(word string) bool {
		switch word {
		case "PASSWORD", "PASSWD", "PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "CREDENTIALS", "PASSPHRASE", "SALT":
			return true
		}
		return false
	})
}

// saysPort reports whether a key says that its value is a port. `-p` is how database clients are told theirs.
func saysPort(key string) bool {
	return key == "-p" || key == "-P" || slices.Contains(keyWords(key), "PORT")
}

// saysSwitch reports whether a key says that its value switches something on or off.
func saysSwitch(key string) bool {
	words := keyWords(key)
	return len(words) > 1 && (words[len(words)-1] == "ENABLED" || words[len(words)-1] == "ENABLE")
}

// switchedOff reports whether a switch beside a key is off: MCP_ENABLED beside MCP_ENDPOINT.
func switchedOff(key string, beside map[string]string) bool {
	for k, v := range beside {
		words := keyWords(k)
		off := strings.EqualFold(v, "false") || v == "0" || strings.EqualFold(v, "off")
		if off && saysSwitch(k) && slices.Equal(words[:len(words)-1], stemOf(key)) {
			return true
		}
	}
	return false
}

// stemOf returns the words of a key in front of the one that says that it is an address.
func stemOf(key string) []string {
	words := keyWords(key)
	if key == "-h" {
		return words[:0]
	}
	i := len(words) - 1
	for i >= 0 && !isAddressWord(words[i]) {
		i--
	}
	if i < 0 {
		return nil
	}
	return words[:i]
}

// portsBeside returns the values of the keys that hold the port where a key holds a host alone, as DB_PORT beside DB_HOST;
// exact is set where one has that very name, others are like DB_ADMIN_PORT.
func portsBeside(key string, beside map[string]string) (exact string, others []string) {
	stem := stemOf(key)
	if stem == nil {
		return "", nil
	}
	for k, v := range beside {
		port := keyWords(k)
		if k == "-p" || k == "-P" {
			port = []string{"PORT"}
		}
		switch {
		case slices.Equal(port, append(slices.Clone(stem), "PORT")):
			exact = v
		case len(stem) > 0 && len(port) > len(stem) && slices.Equal(port[:len(stem)], stem):
			others = append(others, v)
		}
	}
	slices.Sort(others)
	return exact, others
}
