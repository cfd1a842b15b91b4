// Package ci runs what npgen ships for CI: the action, the GitLab job and the scripts behind both.
//
// In: action.yml, ci/gitlab.yml and ci/*.sh, repositories with pull requests that the tests make, and a server that
// answers as the two APIs do. Out: what the runs write into logs, summaries, reports and comments. It refuses an input
// that reaches a script as anything but an environment variable, and a step that it does not know how to run.
package ci

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/tool"
)

// action is action.yml as far as a runner reads it.
type action struct {
	Inputs map[string]struct {
		Description, Default string
	} `json:"inputs"`
	Runs struct {
		Using string `json:"using"`
		Steps []step `json:"steps"`
	} `json:"runs"`
}

type step struct {
	Name  string            `json:"name"`
	ID    string            `json:"id"`
	If    string            `json:"if"`
	Uses  string            `json:"uses"`
	Run   string            `json:"run"`
	Shell string            `json:"shell"`
	Env   map[string]string `json:"env"`
	With  map[string]any    `json:"with"`
}

func readAction(t *testing.T) action {
	t.Helper()
	var a action
	if err := yaml.Unmarshal([]byte(tool.Read(t, filepath.Join(tool.Root(t), "action.yml"))), &a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatal("action.yml is no composite action")
	}
	return a
}

// job is a run of the action in a work tree.
type job struct {
	t *testing.T
	// dir is the work tree, temp the runner's folder for temporary files.
	dir, temp string
	inputs    map[string]string
	// env is what the runner sets; pull is the number of the pull request, or "".
	env  map[string]string
	pull string
	// outputs are those of the steps, by id and name.
	outputs map[string]string
	// log and summary are what the steps wrote, by their names; used is the actions that ran, failed the steps that did.
	log, summary map[string]string
	used         []string
	failed       []string
}

// newJob sets npgen up as the runner has it after the steps that build it.
func newJob(t *testing.T, dir string, inputs map[string]string) *job {
	t.Helper()
	j := &job{
		t: t, dir: dir, temp: t.TempDir(), inputs: map[string]string{}, outputs: map[string]string{},
		log: map[string]string{}, summary: map[string]string{},
		env: map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "shop/shop", "CI": "true"},
	}
	for name, input := range readAction(t).Inputs {
		j.inputs[name] = input.Default
	}
	j.inputs["install"], j.inputs["token"] = "false", "a-token"
	for name, v := range inputs {
		if _, known := j.inputs[name]; !known {
			t.Fatalf("the action has no input %q", name)
		}
		j.inputs[name] = v
	}
	return j
}

// run runs the steps of the action whose conditions hold.
func (j *job) run() *job {
	j.t.Helper()
	for _, s := range readAction(j.t).Runs.Steps {
		switch {
		case !j.holds(s):
		case s.Uses != "":
			j.used = append(j.used, s.Uses)
			for _, v := range s.With {
				if text, ok := v.(string); ok {
					j.expand(text)
				}
			}
		default:
			j.step(s)
		}
	}
	return j
}

// holds evaluates the condition of a step.
func (j *job) holds(s step) bool {
	conditions := map[string]bool{
		"":                         true,
		"inputs.install == 'true'": j.inputs["install"] == "true",
		"!cancelled()":             true,
		"!cancelled() && inputs.comment == 'true'":      j.inputs["comment"] == "true",
		"!cancelled() && steps.vet.outputs.sarif != ''": j.outputs["vet.sarif"] != "",
		"!cancelled() && steps.diff.outputs.page != ''": j.outputs["diff.page"] != "",
	}
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s.If, "${{"), "}}"))
	holds, known := conditions[text]
	if !known {
		j.t.Fatalf("step %q: no test knows the condition %q", s.Name, s.If)
	}
	return holds
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expand evaluates the expressions of a value.
func (j *job) expand(text string) string {
	values := map[string]string{
		"github.token": "a-token", "runner.temp": j.temp, "github.action_path": tool.Root(j.t),
		"github.event.pull_request.number": j.pull, "steps.vet.outputs.sarif": j.outputs["vet.sarif"],
		"steps.diff.outputs.page": j.outputs["diff.page"],
		"inputs.page == 'true' && format('{0}/npgen-flows', runner.temp) || ''":  map[bool]string{true: j.temp + "/npgen-flows"}[j.inputs["page"] == "true"],
		"inputs.sarif == 'true' && format('{0}/npgen.sarif', runner.temp) || ''": map[bool]string{true: j.temp + "/npgen.sarif"}[j.inputs["sarif"] == "true"],
	}
	for name, v := range j.inputs {
		values["inputs."+name] = v
	}
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		v, known := values[expression.FindStringSubmatch(e)[1]]
		if !known {
			j.t.Fatalf("no test knows the expression %s", e)
		}
		return v
	})
}

// step runs a script as the runner does, with files of its own for outputs and the summary.
func (j *job) step(s step) {
	j.t.Helper()
	env := maps.Clone(j.env)
	for name, v := range s.Env {
		env[name] = j.expand(v)
	}
	files := map[string]string{}
	for _, name := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH"} {
		files[name] = filepath.Join(j.temp, name)
		if err := os.WriteFile(files[name], nil, 0o644); err != nil {
			j.t.Fatal(err)
		}
		env[name] = files[name]
	}
	env["RUNNER_TEMP"], env["GITHUB_ACTION_PATH"] = j.temp, tool.Root(j.t)
	out, status := shell(j.t, j.dir, s.Run, env)
	j.log[s.Name], j.summary[s.Name] = out, tool.Read(j.t, files["GITHUB_STEP_SUMMARY"])
	if status != 0 {
		j.failed = append(j.failed, s.Name)
	}
	for line := range strings.Lines(tool.Read(j.t, files["GITHUB_OUTPUT"])) {
		name, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		j.outputs[s.ID+"."+name] = v
	}
	for line := range strings.Lines(tool.Read(j.t, files["GITHUB_PATH"])) {
		j.env["PATH"] = strings.TrimSuffix(line, "\n") + string(filepath.ListSeparator) + os.Getenv("PATH")
	}
}

// shell runs a script by bash, as the runners of GitHub and GitLab do, with nothing of this process's environment but
// what the tests need.
func shell(t *testing.T, dir, script string, env map[string]string) (string, int) {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = dir
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GIT_CONFIG_NOSYSTEM"} {
		if v, set := os.LookupEnv(name); set {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// setup puts npgen and what the scripts use into PATH.
func setup(t *testing.T) {
	t.Helper()
	tool.KeepGo(t)
	dirs := tool.System(t, "bash", "sh", "git", "go", "jq", "curl", "sed", "awk", "od", "head", "mktemp")
	tool.Setup(t)
	tool.AddPath(t, dirs...)
	tool.Git(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "")
	}
}

// wants reports what a text lacks.
func wants(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s has no %q:\n%s", what, part, text)
		}
	}
}

// lacks reports what a text has and must not have.
func lacks(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s has %q:\n%s", what, part, text)
		}
	}
}
