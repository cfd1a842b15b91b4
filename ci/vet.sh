#!/bin/sh
# Reports the findings of packages: as annotations and a summary on GitHub, in the log everywhere else.
#
#   NPGEN_PACKAGES       packages as on the command line, one a line; ./... without
#   NPGEN_TAGS           tags for the packages as with -t, one a line; may be empty
#   NPGEN_CLUSTER        read only the packages of this cluster; without, those of all
#   NPGEN_MANIFESTS      manifests to compare them with, one a line; may be empty
#   NPGEN_STRICT         true: fail on warnings, too
#   NPGEN_SARIF          file to write SARIF to; may be empty
#   NPGEN_CODE_QUALITY   file to write GitLab's Code Quality report to; may be empty
#
# Exit status: that of `npgen vet`.
set -eu
. "$(dirname -- "$0")/report.sh"

set --
[ "${NPGEN_STRICT:-}" != true ] || set -- "$@" --strict
[ -z "${NPGEN_CLUSTER:-}" ] || set -- "$@" "--cluster=$NPGEN_CLUSTER"
while read -r line; do
	[ -z "$line" ] || set -- "$@" "--inject=$line"
done <<EOF
${NPGEN_TAGS:-}
EOF
while read -r line; do
	[ -z "$line" ] || set -- "$@" "--manifests=$line"
done <<EOF
${NPGEN_MANIFESTS:-}
EOF
set -- "$@" --
while read -r line; do
	[ -z "$line" ] || set -- "$@" "$line"
done <<EOF
${NPGEN_PACKAGES:-./...}
EOF

status=0
npgen vet "$@" </dev/null 2>"$work/findings" || status=$?
if [ "$status" -gt 1 ]; then
	show "$work/findings"
	annotate error "npgen vet" "$(head -n 1 "$work/findings")"
	exit "$status"
fi

# GitHub shows ten annotations of a severity and step. npgen writes the worst first; the summary has all.
if [ -n "${GITHUB_ACTIONS:-}" ]; then
	npgen vet --format github "$@" </dev/null 2>&1 || true
else
	cat "$work/findings"
fi
{
	printf '### npgen vet\n\n'
	if [ -s "$work/findings" ]; then
		preformatted "$work/findings"
	else
		printf 'No findings.\n\n'
	fi
} | summary
if [ -n "${NPGEN_SARIF:-}" ]; then
	npgen vet --format sarif "$@" </dev/null 2>"$NPGEN_SARIF" || true
	output sarif "$NPGEN_SARIF"
fi
if [ -n "${NPGEN_CODE_QUALITY:-}" ]; then
	npgen vet --format gitlab "$@" </dev/null 2>"$NPGEN_CODE_QUALITY" || true
fi
exit "$status"
