# Sourced by the other scripts of this folder: where they say what they found. POSIX sh.
#
# What comes from a repository may hold anything, also what a runner takes for a command. So it is shown between marks
# that switch commands off, and goes into summaries with its `<` and `&` escaped.
# shellcheck shell=sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# npgen runs the program with what it needs of the environment. What it reads is not to be trusted, so no token is there.
npgen() {
	env -i "PATH=$PATH" ${HOME+"HOME=$HOME"} ${TMPDIR+"TMPDIR=$TMPDIR"} \
		${NPGEN_MAX_INPUT+"NPGEN_MAX_INPUT=$NPGEN_MAX_INPUT"} ${NPGEN_MAX_OBJECTS+"NPGEN_MAX_OBJECTS=$NPGEN_MAX_OBJECTS"} \
		${NPGEN_MAX_EDGES+"NPGEN_MAX_EDGES=$NPGEN_MAX_EDGES"} ${NPGEN_MAX_FINDINGS+"NPGEN_MAX_FINDINGS=$NPGEN_MAX_FINDINGS"} \
		${NPGEN_MAX_CPU+"NPGEN_MAX_CPU=$NPGEN_MAX_CPU"} ${NPGEN_MAX_MEMORY+"NPGEN_MAX_MEMORY=$NPGEN_MAX_MEMORY"} \
		${XDG_CACHE_HOME+"XDG_CACHE_HOME=$XDG_CACHE_HOME"} ${XDG_CONFIG_HOME+"XDG_CONFIG_HOME=$XDG_CONFIG_HOME"} \
		${GIT_CONFIG_GLOBAL+"GIT_CONFIG_GLOBAL=$GIT_CONFIG_GLOBAL"} ${GIT_CONFIG_NOSYSTEM+"GIT_CONFIG_NOSYSTEM=$GIT_CONFIG_NOSYSTEM"} \
		${SYSTEMROOT+"SYSTEMROOT=$SYSTEMROOT"} ${USERPROFILE+"USERPROFILE=$USERPROFILE"} \
		${LOCALAPPDATA+"LOCALAPPDATA=$LOCALAPPDATA"} ${TEMP+"TEMP=$TEMP"} ${TMP+"TMP=$TMP"} npgen "$@"
}

# show FILE prints a file into the log, without what moves the cursor of who reads it on a terminal.
show() {
	token=
	if [ -n "${GITHUB_ACTIONS:-}" ]; then
		token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
		printf '::stop-commands::%s\n' "$token"
	fi
	LC_ALL=C tr -d '\000-\010\013-\037\177' <"$1"
	[ -z "$token" ] || printf '\n::%s::\n' "$token"
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
