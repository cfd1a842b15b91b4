package confine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/confine"
)

// place makes files, folders (a name that ends in /) and links (`name -> target`), and returns their folder.
func place(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		put(t, dir, name)
	}
	return dir
}

func put(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	link, target, isLink := strings.Cut(name, " -> ")
	if isLink {
		path = filepath.Join(dir, link)
	}
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	switch inside, is := strings.CutPrefix(target, "/$"); {
	case err != nil:
	case is:
		err = os.Symlink(filepath.Join(dir, inside), path)
	case isLink:
		err = os.Symlink(target, path)
	case strings.HasSuffix(name, "/"):
		err = os.Mkdir(path, 0o777)
	default:
		err = os.WriteFile(path, []byte(name), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAround has the set-ups of users, and what a repository may try. `/$x` is the absolute path of x.
func TestAround(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		// named is what the user gives, read a file that is asked for; content is empty where it is refused.
		named, read, content string
	}{
		"folder alone":                    {[]string{"p/a.cue"}, "p", "p/a.cue", "p/a.cue"},
		"folder alone, beside it":         {[]string{"p/a.cue", "x", "p/l -> ../x"}, "p", "p/l", ""},
		"ConfigMap mount":                 {[]string{"p/..1/a.cue", "p/..data -> ..1", "p/a.cue -> ..data/a.cue"}, "p", "p/a.cue", "p/..1/a.cue"},
		"file of a ConfigMap mount":       {[]string{"p/..1/a.cue", "p/..data -> ..1", "p/a.cue -> ..data/a.cue", "p/..1/b", "p/b -> ..data/b"}, "p/a.cue", "p/b", "p/..1/b"},
		"repository, above the package":   {[]string{"r/.git/", "r/p/l -> ../x", "r/x"}, "r/p", "r/p/l", "r/x"},
		"repository, absolute link in it": {[]string{"r/.git/", "r/p/l -> /$r/x", "r/x"}, "r/p", "r/p/l", "r/x"},
		"work tree with a .git file":      {[]string{"r/.git", "r/p/l -> ../x", "r/x"}, "r/p", "r/p/l", "r/x"},
		"module above the package":        {[]string{"m/cue.mod/", "m/p/l -> ../x", "m/x"}, "m/p", "m/p/l", "m/x"},
		"module in a repository":          {[]string{"r/.git/", "r/m/cue.mod/", "r/m/p/l -> ../../x", "r/x"}, "r/m/p", "r/m/p/l", "r/x"},
		"repository in a module":          {[]string{"m/cue.mod/", "m/r/.git/", "m/r/p/l -> ../../x", "m/x"}, "m/r/p", "m/r/p/l", "m/x"},
		"repository in a repository":      {[]string{"h/.git/", "h/r/.git/", "h/r/p/l -> ../../x", "h/x"}, "h/r/p", "h/r/p/l", ""},
		"repository through a link":       {[]string{"r/.git/", "r/p/l -> ../x", "r/x", "l -> r"}, "l/p", "l/p/l", "r/x"},
		"package through the user's link": {[]string{"r/.git/", "r/p/l -> ../x", "r/x", "l -> r/p"}, "l", "l/l", "r/x"},
		"the user's link to a folder":     {[]string{"o/p/a", "l -> o/p"}, "l", "l/a", "o/p/a"},
		"link in a repository":            {[]string{"r/.git/", "r/t/a", "r/p -> t"}, "r/p", "r/p/a", "r/t/a"},
		"links all over a repository":     {[]string{"r/.git/", "r/f/a -> ../s/a", "r/s/a", "r/f/d -> /$r/s"}, "r/f", "r/f/d/a", "r/s/a"},
		"out, relative":                   {[]string{"r/.git/", "r/p/l -> ../../x", "x"}, "r/p", "r/p/l", ""},
		"out, absolute":                   {[]string{"r/.git/", "r/p/l -> /$x", "x"}, "r/p", "r/p/l", ""},
		"out, by a folder":                {[]string{"r/.git/", "r/p/l -> /$d", "d/x"}, "r/p", "r/p/l/x", ""},
		"out and in again":                {[]string{"r/.git/", "r/p/l -> /$d/i", "d/i -> /$r/x", "r/x"}, "r/p", "r/p/l", "r/x"},
		"a folder whose name goes on":     {[]string{"r/.git/", "r/p/l -> /$rest/x", "rest/x"}, "r/p", "r/p/l", ""},
		"package is a link out":           {[]string{"r/.git/", "r/p -> ../d", "d/a"}, "r/p", "r/p/a", ""},
		"package is a link to another":    {[]string{"r/.git/", "r/p -> ../d", "d/.git/", "d/a"}, "r/p", "r/p/a", ""},
		"package below a link out":        {[]string{"r/.git/", "r/p -> ../d", "d/q/a"}, "r/p/q", "r/p/q/a", ""},
		"environment":                     {[]string{"r/.git/", "r/p/l -> /proc/self/environ"}, "r/p", "r/p/l", ""},
		"device":                          {[]string{"p/l -> /dev/zero"}, "p", "p/l", ""},
		"what git keeps":                  {[]string{"r/.git/", "r/.git/config"}, "r", "r/.git/config", ""},
		"what git keeps, by a link":       {[]string{"r/.git/", "r/.git/config", "r/p/l -> ../.git/config"}, "r/p", "r/p/l", ""},
		"the file of a work tree":         {[]string{"r/.git", "r/p/l -> ../.git"}, "r/p", "r/p/l", ""},
		"what is only called alike":       {[]string{"r/.git/", "r/.github/x"}, "r", "r/.github/x", "r/.github/x"},
		"in circles":                      {[]string{"p/l -> m", "p/m -> l"}, "p", "p/l", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := place(t, c.files...)
			root, err := confine.Around(filepath.Join(dir, c.named))
			var data []byte
			if err == nil {
				data, err = root.ReadFile(filepath.Join(dir, c.read), 1<<10)
			}
			if string(data) != c.content || (err == nil) != (c.content != "") {
				t.Errorf("read %q of %q: %v", data, root.Dir(), err)
			}
		})
	}
}

// TestFileSystem holds that below the root of the file system, as in a container, there is no kernel, and no package
// without a name.
func TestFileSystem(t *testing.T) {
	root, err := confine.At("/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/self/environ", "/proc/self/root/proc/self/environ", "/dev/null", "/sys/kernel"} {
		if _, err := os.Stat(path); err != nil {
			continue // not here
		}
		if _, err := root.ReadFile(path, 10); !confine.IsRefusal(err) {
			t.Errorf("%s: %v", path, err)
		}
	}
	file := filepath.Join(place(t, "a"), "a")
	if data, err := root.ReadFile(file, 10); string(data) != "a" {
		t.Errorf("a file in the root: %q, %v", data, err)
	}
	if working, err := confine.Working("/"); err != nil || working.Dir() != "" {
		t.Errorf("the working folder `/` is the root %q: %v", working.Dir(), err)
	}
}
