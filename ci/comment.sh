#!/bin/sh
# Puts what ci/diff.sh wrote into one comment of the pull request or merge request, and keeps that up to date.
#
#   NPGEN_DIFF     file with Markdown: empty where nothing changes; without it there is nothing to say
#   NPGEN_TOKEN    token that may write comments; without, nothing is written
#   NPGEN_PULL     number of the pull request, on GitHub
#   NPGEN_NAME     tells several such comments of one request apart; npgen without
#   NPGEN_AUTHOR   who the token writes as; without, github-actions[bot], and on GitLab whom its API names
#
# Anyone can write a comment that starts like npgen's, and edit it later. So only comments of that author are taken for
# npgen's own; where there is none, or where it cannot be changed, a new one is made.
#
# GitHub and GitLab are told apart by the variables that they set. Exit status: 0. A comment that cannot be written, as
# with the read-only token that a fork gets, is a warning: the summary and the log have the same.
set -eu
. "$(dirname -- "$0")/report.sh"

give_up() {
	annotate warning "npgen comment" "$1; the summary has the same"
	exit 0
}

if [ -z "${NPGEN_DIFF:-}" ] || [ ! -e "$NPGEN_DIFF" ]; then
	echo "nothing was compared, so there is nothing to comment"
	exit 0
fi
[ -n "${NPGEN_TOKEN:-}" ] || give_up "there is no token to comment with"
for program in curl jq; do
	command -v "$program" >/dev/null || give_up "a comment needs $program"
done
case $NPGEN_TOKEN in
*[!A-Za-z0-9._~+/=-]*) give_up "the token has characters that no token has" ;;
esac

if [ -n "${GITHUB_REPOSITORY:-}" ]; then
	number=${NPGEN_PULL:-}
	comments="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues/$number/comments"
	one="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues/comments"
	header="Authorization: Bearer $NPGEN_TOKEN" update=PATCH login=.user.login
	author=${NPGEN_AUTHOR:-github-actions[bot]}
else
	number=${CI_MERGE_REQUEST_IID:-}
	comments="${CI_API_V4_URL:-}/projects/${CI_PROJECT_ID:-}/merge_requests/$number/notes"
	one=$comments
	header="PRIVATE-TOKEN: $NPGEN_TOKEN" update=PUT login=.author.username
	author=${NPGEN_AUTHOR:-}
fi
case $number in
'' | *[!0-9]*) give_up "this is no pull request or merge request" ;;
esac

# api METHOD URL [FILE] leaves the answer in $work/answer and fails where it is no success. The token goes by standard
# input, as every user of the machine may read arguments.
api() {
	method=$1 url=$2
	shift 2
	[ $# -eq 0 ] || set -- --header "Content-Type: application/json" --data-binary "@$1"
	code=$(printf 'header = "%s"\n' "$header" |
		curl --config - --silent --show-error --max-time 30 --retry 2 --request "$method" \
			--output "$work/answer" --write-out '%{http_code}' "$@" "$url") || return 1
	case $code in
	2??) ;;
	*) return 1 ;;
	esac
}

if [ -z "$author" ] && api GET "${CI_API_V4_URL:-}/user"; then
	author=$(jq -r '.username // empty' "$work/answer")
fi

marker="<!-- npgen:diff:$(printf '%s' "${NPGEN_NAME:-npgen}" | tr -c 'A-Za-z0-9._-' '-') -->"
id='' page=1
while [ -n "$author" ] && [ -z "$id" ] && [ "$page" -le 30 ]; do
	code=000
	api GET "$comments?per_page=100&page=$page" || give_up "the comments cannot be read (HTTP $code)"
	# shellcheck disable=SC2016
	id=$(jq -r --arg marker "$marker" --arg author "$author" \
		'[.[] | select((.body // "") | startswith($marker)) | select('"$login"' == $author)][0].id // empty' "$work/answer")
	[ "$(jq length "$work/answer")" -eq 100 ] || break
	page=$((page + 1))
done

if [ ! -s "$NPGEN_DIFF" ] && [ -z "$id" ]; then
	echo "nothing changes, and no comment says otherwise"
	exit 0
fi
{
	printf '%s\n### npgen: what this change opens and closes\n\n' "$marker"
	if [ -s "$NPGEN_DIFF" ]; then
		cat "$NPGEN_DIFF"
	else
		printf 'No flow opens, closes or changes any more.\n'
	fi
} >"$work/comment"
# GitHub takes 65536 characters. ci/diff.sh writes fewer; what else is too long is cut, and says so first.
# shellcheck disable=SC2016
jq -Rs --arg marker "$marker" 'if length > 65000
	then $marker + "\n**This is not all: the whole is too long for a comment, and is in the log of the job.**\n\n" + (.[0:60000] | sub("[^\n]*$"; ""))
	else . end | {body: .}' "$work/comment" >"$work/body"
code=000
if [ -n "$id" ] && api "$update" "$one/$id" "$work/body"; then
	echo "commented"
elif api POST "$comments" "$work/body"; then
	echo "commented anew"
else
	give_up "the comment cannot be written (HTTP $code)"
fi
