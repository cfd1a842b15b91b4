package evidence

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMentions(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"", "", ""},
		{"CART_ADDR", "cart:7070", "cart:7070"},
		{"CART", "cart", ""},
		{"CART_HOST", "cart", "cart"},
		{"CART", " cart.shop.svc.cluster.local. ", "cart.shop.svc.cluster.local"},
		{"URL", "http://cart", "http://cart"},
		{"URL", "https://cart:8443/x/y?z=other", "https://cart:8443"},
		{"URL", "postgres://user:pw@db:5432/orders", "postgres://db:5432"},
		{"URL", "redis://:pw@cache", "redis://cache"},
		{"URL", "mongodb://user@mongo/orders", "mongodb://mongo"},
		{"URL", "jdbc:mysql://db/orders", "mysql://db"},
		{"DSN", "root:pw@tcp(db:3306)/orders", "db:3306"},
		{"BROKERS", "kafka-0.kafka:9092,kafka-1.kafka:9092", "kafka-0.kafka:9092 kafka-1.kafka:9092"},
		{"HOSTS", "a,b; c", "a b c"},
		{"TEXT", "the cart is full", ""},
		{"TEXT", "write to me@cart or /etc/cart or $cart", ""},
		{"TEXT", "see http://cart, or cart:80.", "http://cart cart:80"},
		{"ARGS", "nc -z db 5432; sleep 5", "db:5432 sleep:5"},
		{"IMAGE", "registry/redis:7", ""},
		{"PORT", "cart:0 cart:70000 cart:80x cart:-1", ""},
		{"DB_NAME", "orders", ""},
		{"db.user", "orders", ""},
		{"DB_HOST_NAME", "orders", "orders"},
		{"NAME", "cart:80", "cart:80"},
		{"ÄÖ", "größe", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range (leaf{key: tt.key, value: tt.value}).mentions() {
			s := m.host
			if m.scheme != "" {
				s = m.scheme + "://" + s
			}
			if m.port != 0 {
				s = fmt.Sprintf("%s:%d", s, m.port)
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s=%q: %s", tt.key, tt.value, diff)
		}
	}
}
