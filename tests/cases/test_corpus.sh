#!/bin/sh
# SPDX-License-Identifier: MIT
# The archive of the corpus is the same bytes when it is made twice. TAP; test_corpus.sh SCRIPT BUILD
set -u
script=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 1..1
if ! command -v xz >/dev/null; then
	echo "ok 1 - two_archives_have_the_same_bytes # SKIP no xz here"
	exit 0
fi
(umask 077 && TZ=Asia/Kolkata LC_ALL=C "$script" "$build" "$scratch/one" "tdx-q*" >/dev/null) &&
	"$script" "$build" "$scratch/a second one" "tdx-q*" >/dev/null && cmp "$scratch"/one/*.tar.xz "$scratch/a second one"/*.tar.xz &&
	tar -tJf "$scratch"/one/*.tar.xz | grep -q '/index.json$' && echo "ok 1 - two_archives_have_the_same_bytes" && exit 0
echo "not ok 1 - two_archives_have_the_same_bytes"
exit 1
