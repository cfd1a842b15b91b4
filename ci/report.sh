# Sourced by the other scripts of this folder: where they say what they found. POSIX sh.
#
# What comes from a repository may hold anything, also what a runner takes for a command. So it is shown between marks
# that switch commands off, and goes into summaries with its `<` and `&` escaped.
# shellcheck shell=sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# npgen runs without the tokens of the job in its environment: it reads what strangers wrote.
npgen() {
	(
		unset NPGEN_TOKEN GITHUB_TOKEN GH_TOKEN ACTIONS_RUNTIME_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN
		unset CI_JOB_TOKEN CI_REGISTRY_PASSWORD CI_DEPLOY_PASSWORD CI_DEPENDENCY_PROXY_PASSWORD CI_REPOSITORY_URL
		command npgen "$@"
	)
}

# show FILE prints a file into the log.
show() {
	if [ -z "${GITHUB_ACTIONS:-}" ]; then
		cat -- "$1"
		return
	fi
	token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	printf '::stop-commands::%s\n' "$token"
	cat -- "$1"
	printf '\n::%s::\n' "$token"
}

# annotate SEVERITY TITLE MESSAGE, where GitHub shows annotations; elsewhere the message in the log.
annotate() {
	if [ -n "${GITHUB_ACTIONS:-}" ]; then
		printf '::%s title=%s::%s\n' "$1" "$2" "$(printf '%s' "$3" | tr -d '\r' | sed 's/%/%25/g' | awk 'NR > 1 { printf "%%0A" } { printf "%s", $0 }')"
	else
		printf '%s: %s: %s\n' "$2" "$1" "$3" >&2
	fi
}

# summary appends standard input to the summary of the job, where there is one.
summary() {
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
		cat >>"$GITHUB_STEP_SUMMARY"
	else
		cat >/dev/null
	fi
}

# preformatted writes a file as HTML that shows it as it is. GitHub takes summaries of a mebibyte, and no part of a
# larger one.
preformatted() {
	printf '<pre>\n'
	head -c 200000 "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
	[ "$(wc -c <"$1")" -le 200000 ] || printf '\n... the rest is in the log\n'
	printf '</pre>\n\n'
}

# output NAME VALUE sets an output of the step. The value is one line.
output() {
	[ -z "${GITHUB_OUTPUT:-}" ] || printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}
