#!/bin/sh
# Fails where the committed policies are not those of the packages.
#
#   NPGEN_PACKAGES   packages as on the command line, one a line; ./... without
#   NPGEN_TAGS       tags for the packages as with -t, one a line; may be empty
#   NPGEN_CLUSTER    read only the packages of this cluster; without, those of all
#   NPGEN_OUTPUT     folder of the policies; without, there is nothing to check
#
# Exit status: that of `npgen build --check`.
set -eu
. "$(dirname -- "$0")/report.sh"

if [ -z "${NPGEN_OUTPUT:-}" ]; then
	echo "no output folder is given, so nothing is compared"
	exit 0
fi
set --
[ -z "${NPGEN_CLUSTER:-}" ] || set -- "$@" "--cluster=$NPGEN_CLUSTER"
while read -r line; do
	[ -z "$line" ] || set -- "$@" "--inject=$line"
done <<EOF
${NPGEN_TAGS:-}
EOF
set -- "$@" --
while read -r line; do
	[ -z "$line" ] || set -- "$@" "$line"
done <<EOF
${NPGEN_PACKAGES:-./...}
EOF

status=0
npgen build --check --quiet "--output=$NPGEN_OUTPUT" "$@" </dev/null >"$work/drift" 2>"$work/talk" || status=$?
cat "$work/drift" "$work/talk" >"$work/all"
if [ "$status" -eq 0 ]; then
	printf '### npgen build --check\n\nThe policies are those of the packages.\n\n' | summary
	exit 0
fi
show "$work/all"
if [ -s "$work/drift" ]; then
	annotate error "npgen drift" "the policies in $NPGEN_OUTPUT are not those of the packages: run \`npgen build\` and commit what it writes"
else
	annotate error "npgen build" "the policies could not be built, and so not be compared"
fi
{
	# shellcheck disable=SC2016
	printf '### npgen build --check\n\nThe policies are **not** those of the packages. Run `npgen build` and commit what it writes.\n\n'
	preformatted "$work/all"
} | summary
exit "$status"
