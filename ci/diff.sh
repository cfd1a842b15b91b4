#!/bin/sh
# Writes which flows a pull request or merge request opens and closes.
#
#   NPGEN_PACKAGES   packages as on the command line, one a line; ./... without
#   NPGEN_TAGS       tags for the packages as with -t, one a line; may be empty
#   NPGEN_CLUSTER    read only the packages of this cluster; without, those of all
#   NPGEN_OUTPUT     folder of the policies; it is compared instead where there are several packages, or the folder of
#                    each cluster in it
#   NPGEN_BASE       revision to compare with; else the base of the request, by the variables that CI sets
#   NPGEN_DIFF       file to write Markdown to, as long as a comment may be: empty where nothing changes, not there
#                    where there is nothing to compare with
#   NPGEN_PAGE       folder to write the flows that change to, as pages; without, none is written. The output `page` is
#                    that folder where there are any
#
# Below the flows it draws them, where there is a place for that: a picture never takes that of a line.
#
# Exit status: 0; 1 where the flows could not be compared, or where a comment has no place for a line for each target that
# opens. Then it says so, and the log has all. A difference is no failure.
set -eu
. "$(dirname -- "$0")/report.sh"
: "${NPGEN_DIFF:?names the file to write to}"

# fetch makes a branch or commit of the origin known, as refs/npgen/base. A clone with the whole history keeps it.
fetch() {
	depth=
	[ "$(git rev-parse --is-shallow-repository)" != true ] || depth=--depth=1
	git fetch --quiet --no-tags $depth origin "+$1:refs/npgen/base" 2>"$work/fetch" || {
		show "$work/fetch"
		return 1
	}
}

# base prints the commit to compare with.
base() {
	if [ -n "${NPGEN_BASE:-}" ]; then
		git rev-parse --verify --quiet --end-of-options "$NPGEN_BASE^{commit}"
		return
	elif [ -n "${GITHUB_BASE_REF:-}" ]; then
		fetch "refs/heads/$GITHUB_BASE_REF" >&2 || return 1
	elif [ -n "${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}" ]; then
		fetch "$CI_MERGE_REQUEST_DIFF_BASE_SHA" >&2 || return 1
	fi
	# What others did to the base since is no part of the request, where the history says so.
	git merge-base refs/npgen/base HEAD 2>/dev/null || git rev-parse --verify --quiet 'refs/npgen/base^{commit}'
}

rm -f "$NPGEN_DIFF"
if [ -z "${NPGEN_BASE:-}${GITHUB_BASE_REF:-}${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}" ]; then
	echo "this is no pull request or merge request, so there is nothing to compare with"
	exit 0
fi
if ! revision=$(base) || [ -z "$revision" ]; then
	annotate error "npgen diff" "the base of the request cannot be fetched, so no flows are compared: check out the whole history"
	printf '**npgen could not compare the flows: the base of the request cannot be fetched.**\n' >"$NPGEN_DIFF"
	exit 1
fi

set --
while read -r line; do
	[ -z "$line" ] || set -- "$@" "$line"
done <<EOF
${NPGEN_PACKAGES:-./...}
EOF

# npgen_of SIDE ARGUMENT... compares a side with the base, with the cluster and the tags of the packages.
npgen_of() {
	at=$1
	shift
	[ -z "$cluster" ] || set -- "$@" "--cluster=$cluster"
	while read -r line; do
		[ -z "$line" ] || set -- "$@" "--inject=$line"
	done <<EOF
${tags:-}
EOF
	case $at in
	*...) ;;
	*) [ -e "$at" ] || at=git:HEAD:$at ;; # a cluster that is gone
	esac
	case $1 in
	diff) npgen "$@" -- "git:$revision" "$at" </dev/null ;;
	graph) npgen "$@" "--diff=git:$revision" -- "$at" </dev/null ;;
	esac
}

# draw SIDE adds a picture of how a side differs from the base to the file `pictures`, and writes a page of it.
draw() {
	npgen_of "$1" graph --format=mermaid >"$work/chart" 2>/dev/null || true
	if [ -s "$work/chart" ]; then
		{
			echo '```mermaid'
			cat "$work/chart"
			printf '%s\n\n' '```'
		} >>"$work/pictures"
	else
		printf 'There is no picture of this: it is too much for one, or could not be drawn.\n\n' >>"$work/pictures"
	fi
	[ -n "${NPGEN_PAGE:-}" ] || return 0
	pages=$((pages + 1))
	mkdir -p "$NPGEN_PAGE"
	npgen_of "$1" graph --format=html >"$NPGEN_PAGE/flows-$pages.html" 2>/dev/null || true
	[ -s "$NPGEN_PAGE/flows-$pages.html" ] || rm "$NPGEN_PAGE/flows-$pages.html"
}

# of_cluster says whether what it reads is the head of a folder of a cluster.
of_cluster() { grep -q '^# npgen.dev/cluster: '; }

# clusters prints the folders of clusters that there are in the output folder, now or in the base.
clusters() {
	for file in "$NPGEN_OUTPUT"/*/kustomization.yaml; do
		[ ! -f "$file" ] || ! of_cluster <"$file" || dirname -- "$file"
	done
	git ls-tree --name-only "$revision" -- "${NPGEN_OUTPUT%/}/" | while read -r folder; do
		[ -e "$folder" ] || ! git show "$revision:./$folder/kustomization.yaml" 2>/dev/null | of_cluster || printf '%s\n' "$folder"
	done
}

# compare FIT SIDE... prints how each side differs from the base, in so many characters each; 0 is any number. Where that
# is not all it says so, and why into the file `missing`.
compare() {
	fit=$1
	shift
	for side in "$@"; do
		status=0
		npgen_of "$side" diff --format=md "--fit=$fit" >"$work/flows" 2>"$work/talk" || status=$?
		# A side without policies is told of also where nothing changes.
		if [ "$status" -eq 0 ] && ! grep -q '^⚠️ ' "$work/flows"; then
			continue
		fi
		if [ $# -gt 1 ]; then
			title=$(printf '#### <code>%s</code>' "$(printf '%s' "$side" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g')")
			printf '%s\n\n' "$title"
			[ "$fit" -gt 0 ] || printf '%s\n\n' "$title" >>"$work/pictures"
		fi
		[ "$fit" -gt 0 ] || draw "$side"
		if [ "$status" -gt 1 ] || [ ! -s "$work/flows" ]; then
			cat "$work/talk" >>"$work/missing"
			printf '**npgen could not compare the flows, or not show all that opens; the log of the job says why.**\n\n'
		fi
		cat "$work/flows"
		printf '\n'
	done
}

tags=${NPGEN_TAGS:-} cluster=${NPGEN_CLUSTER:-} pages=0
: >"$work/ignored"
: >"$work/pictures"
[ -z "${NPGEN_PAGE:-}" ] || rm -f "$NPGEN_PAGE"/flows-*.html
if [ $# -gt 1 ] && [ -n "${NPGEN_OUTPUT:-}" ]; then
	# The packages themselves are not compared, but for the comments by which they ignore findings from now on.
	for package in "$@"; do
		npgen_of "$package" diff --format=md 2>/dev/null | grep '^⚠️ .* from now on' >>"$work/ignored" || true
	done
	if [ -n "$cluster" ]; then
		set -- "$NPGEN_OUTPUT/$cluster"
	else
		set --
		while read -r folder; do
			[ -z "$folder" ] || set -- "$@" "$folder"
		done <<EOF
$(clusters)
EOF
		[ $# -gt 0 ] || set -- "$NPGEN_OUTPUT"
	fi
	tags='' cluster='' # of packages alone
fi

compare 0 "$@" >"$work/compared"
cat "$work/ignored" "$work/compared" >"$work/all"
cp "$work/all" "$NPGEN_DIFF"
# GitHub takes comments of 65536 characters.
if [ "$(wc -c <"$work/all")" -gt 60000 ]; then
	compare "$(((58000 - $(wc -c <"$work/ignored")) / $# - 500))" "$@" | cat "$work/ignored" - >"$NPGEN_DIFF"
fi
# add FILE MOST puts the pictures below what a file has, where it may have so many characters.
add() {
	if [ ! -s "$work/pictures" ]; then
		return
	elif [ "$(cat "$1" "$work/pictures" | wc -c)" -le "$2" ]; then
		cat "$work/pictures" >>"$1"
	else
		printf '\nThere is no place here for a picture.\n' >>"$1"
	fi
}
[ ! -e "$work/missing" ] || show "$work/missing"
show "$work/all"
add "$NPGEN_DIFF" 60000
[ -z "${NPGEN_PAGE:-}" ] || [ -z "$(ls -A "$NPGEN_PAGE" 2>/dev/null)" ] || output page "$NPGEN_PAGE"
# It takes summaries of a mebibyte.
if [ "$(wc -c <"$work/all")" -le 900000 ]; then
	add "$work/all" 960000
else
	cp "$NPGEN_DIFF" "$work/all"
fi
{
	printf '### npgen diff\n\n'
	if [ -s "$work/all" ]; then
		cat "$work/all"
	else
		printf 'No flow opens, closes or changes.\n\n'
	fi
} | summary
if [ -e "$work/missing" ]; then
	annotate error "npgen diff" "the flows could not be compared, or there is no place for all that opens; the log says which"
	exit 1
fi
