#!/bin/sh
# SPDX-License-Identifier: MIT
# Every option that juratd has is on its manual page, and every option on the page is one: manual.sh JURATD PAGE. Prints TAP.
set -u
n=0 failed=0
result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || { echo "not ok $n - $2"; failed=1; }
}

echo 1..4
has=$({ "$1" qgs --help; "$1" endorsements --help; } | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort -u)
page=$(sed -n 's/^\*\(--[a-z-]*\)\*.*/\1/p' "$2" | sort -u)
[ -n "$has" ] && [ "$has" = "$page" ]
status=$?
[ $status = 0 ] || printf 'juratd has:\n%s\nthe page has:\n%s\n' "$has" "$page" | sed 's/^/# /'
result $status the_page_has_every_option
"$1" --help | grep -c '^  qgs \|^  endorsements ' | grep -q 2
result $? the_help_lists_the_roles
"$1" --version | grep -c '^juratd [0-9]\|^signatures: .* (P-256' | grep -q 2
result $? there_is_a_version
[ "$("$1" --help | cat - /dev/stdin <<END | awk 'length > 80' | wc -l
$("$1" qgs --help)
$("$1" endorsements --help)
END
)" = 0 ]
result $? the_help_has_80_columns
exit $failed
