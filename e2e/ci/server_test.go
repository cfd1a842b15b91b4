package ci

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// comment is a comment as either API writes it.
type comment struct {
	ID     int               `json:"id"`
	Body   string            `json:"body"`
	User   map[string]string `json:"user"`
	Author map[string]string `json:"author"`
}

// server answers as the API of GitHub or GitLab does to what a comment needs.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	comments []comment
	// readOnly refuses to write, as GitHub does with the token of a fork; broken fails everything, locked to change what
	// is there, and nameless to say who the token is.
	readOnly, broken, locked, nameless bool
	// requests are those that came, method and path.
	requests []string
}

const bot = "github-actions[bot]"

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) add(login, body string) {
	s.comments = append(s.comments, comment{
		ID: 100 + len(s.comments), Body: body, User: map[string]string{"login": login}, Author: map[string]string{"username": login},
	})
}

// of returns the bodies of the comments of an author.
func (s *server) of(login string) []string {
	var out []string
	for _, c := range s.comments {
		if c.User["login"] == login {
			out = append(out, c.Body)
		}
	}
	return out
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	const issue, one = "/repos/shop/shop/issues/1/comments", "/repos/shop/shop/issues/comments/"
	const notes = "/projects/7/merge_requests/1/notes"
	var body struct{ Body string }
	if r.Method != http.MethodGet {
		data, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(data, &body); err != nil || len([]rune(body.Body)) > 65536 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
	}
	isOne, isNote := strings.HasPrefix(r.URL.Path, one), strings.HasPrefix(r.URL.Path, notes+"/")
	switch {
	case s.broken:
		w.WriteHeader(http.StatusBadRequest)
	case r.Header.Get("Authorization") != "Bearer a-token" && r.Header.Get("Private-Token") != "a-token":
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet && (r.URL.Path == issue || r.URL.Path == notes):
		s.list(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/user" && !s.nameless:
		_ = json.NewEncoder(w).Encode(map[string]string{"username": bot})
	case s.readOnly, s.locked && r.Method != http.MethodPost:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message":"Resource not accessible by integration"}`)
	case r.Method == http.MethodPost && (r.URL.Path == issue || r.URL.Path == notes):
		s.add(bot, body.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "{}")
	case r.Method == http.MethodPatch && isOne:
		s.update(w, path.Base(r.URL.Path), body.Body, true)
	case r.Method == http.MethodPut && isNote:
		s.update(w, path.Base(r.URL.Path), body.Body, false)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if size < 1 || size > 100 {
		size = 30 // what the APIs give without
	}
	page = max(page, 1)
	from := min((page-1)*size, len(s.comments))
	to := min(from+size, len(s.comments))
	_ = json.NewEncoder(w).Encode(append([]comment{}, s.comments[from:to]...))
}

// update changes a comment: on GitHub also one of others, as a token with pull-requests: write may; not so on GitLab.
func (s *server) update(w http.ResponseWriter, id, body string, others bool) {
	for i := range s.comments {
		if strconv.Itoa(s.comments[i].ID) == id {
			if s.comments[i].User["login"] != bot && !others {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			s.comments[i].Body = body
			fmt.Fprint(w, "{}")
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
