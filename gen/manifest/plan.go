package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/confine"
)

// RefusedError says that a folder holds what npgen must not replace: files that it did not write, or the output of
// other packages. Nothing has been changed. Every other error of Write and Drift is I/O trouble or a bug.
type RefusedError struct {
	// Message is one line that names every obstacle.
	Message string
	// Help says what to do about it.
	Help string
}

// Error returns the message without the help.
func (e *RefusedError) Error() string { return e.Message }

// plan is what turns the folder into files. The paths in it are those of Files, sorted.
type plan struct {
	dir       string
	files     Files
	limits    budget.Limits
	disk      map[string]*entry
	write     []string
	remove    []string
	unchanged []string
	// abandoned are temporary files: whoever has the lock of the folder knows that no other build is at work.
	abandoned []string
}

// isDone reports whether nothing is to be done: not even to sweep up behind a build that was killed.
func (p *plan) isDone() bool {
	return len(p.write)+len(p.remove)+len(p.abandoned) == 0 && p.disk[lockName] == nil
}

// entry is what a path in the folder holds before any change.
type entry struct {
	info fs.FileInfo
	// own is set for a regular file whose first line is the mark.
	own bool
	// content is that of an own file, with LF line ends.
	content []byte
}

// newPlan makes all the checks and changes nothing.
func newPlan(dir string, files Files, opts WriteOptions) (*plan, error) {
	from, err := files.check()
	if err != nil {
		return nil, err
	}
	p := &plan{dir: dir, files: files, limits: opts.Limits, disk: map[string]*entry{}}
	if err := p.survey(); err != nil {
		return nil, err
	}
	if err := p.refusal(from, opts); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch old := p.disk[name]; {
		case old == nil || !bytes.Equal(old.content, files[name]):
			p.write = append(p.write, name)
		default:
			p.unchanged = append(p.unchanged, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.disk)) {
		switch old := p.disk[name]; {
		case p.isOtherOutput(path.Dir(name)):
		case isTemporary(name):
			if old.own || old.info.Mode().IsRegular() && old.info.Size() == 0 { // killed before it wrote, or after
				p.abandoned = append(p.abandoned, name)
			}
		case files[name] != nil || !old.own:
		default:
			p.remove = append(p.remove, name)
		}
	}
	return p, nil
}

// survey reads the folder and the folders in it into p.disk. A folder that does not exist is an empty one; one behind a
// link that leads out of the repository is refused, as who wrote the link did not name the folder.
func (p *plan) survey() error {
	if abs, err := filepath.Abs(p.dir); err == nil && p.dir != "" {
		if err := confine.Leaves(abs); err != nil {
			return p.fail("write", ".", err)
		}
	}
	info, err := os.Stat(p.dir)
	switch {
	case p.dir == "":
		return errors.New("the output folder has no name")
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return p.fail("read", ".", err)
	case !info.IsDir():
		return fmt.Errorf("output folder `%s` is a file", p.dir)
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return p.fail("read", ".", err)
	}
	defer root.Close()
	return p.surveyFolder(root, ".")
}

func (p *plan) surveyFolder(root *os.Root, folder string) error {
	names, err := readNames(root, folder)
	if err != nil {
		return p.tolerate(folder, err)
	}
	for _, name := range names {
		name = path.Join(folder, name)
		info, err := root.Lstat(name)
		if err != nil {
			if err := p.tolerate(name, err); err != nil {
				return err
			}
			continue
		}
		e := &entry{info: info}
		p.disk[name] = e
		switch {
		case info.Mode().IsRegular():
			if e.content, e.own, err = p.readOwn(root, name); err != nil {
				err = p.tolerate(name, err)
			}
		// No output of npgen's lies in a dot folder such as .git.
		case info.IsDir() && folder == "." && !strings.HasPrefix(name, "."):
			err = p.surveyFolder(root, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tolerate passes over what vanished meanwhile, and over what may not be read where nothing is to be written.
func (p *plan) tolerate(name string, err error) error {
	wanted := func(file string) bool { return file == name || path.Dir(file) == name }
	if errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, fs.ErrPermission) && !slices.ContainsFunc(slices.Collect(maps.Keys(p.files)), wanted) {
		return nil
	}
	return p.fail("read", name, err)
}

func readNames(root *os.Root, folder string) ([]string, error) {
	f, err := root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// readOwn reads a file that bears the mark, and only the first bytes of any other.
func (p *plan) readOwn(root *os.Root, name string) (content []byte, own bool, err error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, int64(markWindow)))
	if err != nil || !marked(head) {
		return nil, false, err
	}
	rest, err := p.limits.ReadAll(p.show(name), f)
	if err != nil {
		return nil, false, err
	}
	// git on Windows checks text out with CRLF; npgen writes no carriage return itself.
	return bytes.ReplaceAll(append(head, rest...), []byte("\r\n"), []byte("\n")), true, nil
}

// refusal names everything in the folder that keeps npgen from writing there, or returns nil.
func (p *plan) refusal(now origin, opts WriteOptions) error {
	var obstacles, helps []string
	if old := p.disk[kustomization]; old != nil && old.own && !opts.Adopt {
		switch before, ok := originOf(old.content); {
		case !ok:
			obstacles = append(obstacles, fmt.Sprintf("`%s` does not say which packages it was built from", p.show(kustomization)))
		case !before.agrees(now):
			obstacles = append(obstacles, fmt.Sprintf("`%s` was built from %s, not from %s", p.show("."), before.describe(now), now.describe(before)))
		}
		if len(obstacles) > 0 {
			helps = append(helps, "give --adopt to take the folder over, or give another folder")
		}
	}
	if enforced := p.enforced(); len(enforced) > 0 {
		obstacles = append(obstacles, enforced...)
		helps = []string{"give the dry run a folder of its own"} // --adopt would not help
	}
	if inTheWay := append(p.clusters(now), p.inTheWay()...); len(inTheWay) > 0 {
		obstacles = append(obstacles, inTheWay...)
		helps = append(helps, "npgen replaces only what it wrote: move the rest away, or give another folder")
	}
	if len(obstacles) == 0 {
		return nil
	}
	return &RefusedError{Message: strings.Join(obstacles, "; "), Help: strings.Join(helps, "; ")}
}

// inTheWay returns a sentence for each thing that stands where a file or its folder is wanted.
func (p *plan) inTheWay() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		folder := path.Dir(name)
		above, old := p.disk[folder], p.disk[name]
		switch {
		case folder != "." && above != nil && !above.info.IsDir():
			all = append(all, fmt.Sprintf("`%s` is %s where a folder is wanted", p.show(folder), kind(above.info)))
		case p.isOtherOutput(folder):
			from, _ := originOf(p.disk[path.Join(folder, kustomization)].content)
			all = append(all, fmt.Sprintf("`%s` is an output folder of its own, built from %s", p.show(folder), quoted(from.names)))
		case old != nil && !old.info.Mode().IsRegular():
			all = append(all, fmt.Sprintf("`%s` is %s", p.show(name), kind(old.info)))
		case old != nil && !old.own:
			all = append(all, fmt.Sprintf("`%s` was not written by npgen", p.show(name)))
		}
	}
	// Several files wanted in one folder have one obstacle.
	return slices.Compact(all)
}

// clusters returns a sentence for each folder of a cluster in the output folder of packages that name none: it is to have
// no kustomization above it.
func (p *plan) clusters(now origin) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.disk)) {
		folder := path.Dir(name)
		if path.Base(name) != kustomization || folder == "." || !p.disk[name].own || now.cluster != "" {
			continue
		}
		if from, _ := originOf(p.disk[name].content); from.cluster != "" {
			all = append(all, fmt.Sprintf("`%s` is the folder of cluster `%s`, and the packages name no cluster", p.show(folder), from.cluster))
		}
	}
	return all
}

// isOtherOutput reports whether a folder in the output folder has a root kustomization: another build's, to be left
// alone although its files bear the mark.
func (p *plan) isOtherOutput(folder string) bool {
	if folder == "." {
		return false
	}
	e := p.disk[path.Join(folder, kustomization)]
	if e == nil || !e.own {
		return false
	}
	_, ok := originOf(e.content)
	return ok
}

func kind(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode.IsDir():
		return "a folder"
	case mode.IsRegular():
		return "a file"
	default:
		return "a special file"
	}
}

func quoted(names []string) string {
	return "`" + strings.Join(names, "`, `") + "`"
}

// show returns a path as the user would name it: below the folder as they gave it, with slashes.
func (p *plan) show(name string) string {
	dir := filepath.ToSlash(p.dir)
	if name == "." {
		return dir
	}
	return strings.TrimRight(dir, "/") + "/" + name
}

// fail returns an error that names the path as the user would, instead of a temporary file or a path inside.
func (p *plan) fail(verb, name string, err error) error {
	if exceeded, ok := errors.AsType[*budget.ExceededError](err); ok {
		return exceeded
	}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	} else if inner, ok := errors.AsType[*os.LinkError](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("cannot %s `%s`: %w", verb, p.show(name), err)
}
