#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/check-hardening finds each thing that is missing, and nothing in a program that has them all.
#   hardening.sh CHECK CC...
set -u
check=$1
shift
[ "${1##*/}" != ccache ] || shift # it wants a home
dir=$(mktemp -d) failed=0
trap 'rm -rf "$dir"' EXIT
cat >"$dir/a.c" <<'EOF'
#include <stdio.h>
#include <string.h>
int main(int n, char **v)
{
	char text[64];

	strcpy(text, v[n - 1]);
	return printf("%s\n", text) < 0;
}
EOF
case $(uname -m) in
x86_64) branches=-fcf-protection=full no_branches=-fcf-protection=none ;;
aarch64) branches=-mbranch-protection=standard no_branches=-mbranch-protection=none ;;
*) branches='' no_branches='' ;;
esac
all="-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong $branches -fPIE"
link="-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack"

# expect TEXT "MORE COMPILER FLAGS" "MORE LINKER FLAGS" [CC...]; no TEXT: nothing is wrong.
expect() {
	text=$1 compile=$2 linker=$3
	shift 3
	# shellcheck disable=SC2086 # words
	"$@" $all $compile -c "$dir/a.c" -o "$dir/a.o" && "$@" $all $compile $link $linker "$dir/a.o" -o "$dir/a" ||
		{ echo "cannot compile: $compile $linker"; failed=1; return; }
	if [ "$text" = object ]; then
		text="no branch protection"
		out=$("$check" --files "$dir/a.o")
	else
		out=$("$check" --files "$dir/a")
	fi
	status=$?
	if [ -z "$text" ]; then
		[ "$status" = 0 ] || { echo "refused: $out"; failed=1; }
	elif [ "$status" = 0 ] || [ "${out#*"$text"}" = "$out" ]; then
		echo "not found: $text ($compile $linker): $out"
		failed=1
	fi
}

expect '' '' '' "$@"
expect 'not position-independent' -fno-pie -no-pie "$@"
expect 'no GNU_RELRO' '' -Wl,-z,norelro "$@"
expect 'binds lazily' '' -Wl,-z,lazy "$@"
expect 'executable stack' '' -Wl,-z,execstack "$@"
expect 'search path' '' -Wl,-rpath,/opt/lib "$@"
expect 'no stack protector' -fno-stack-protector '' "$@"
expect 'no fortified function' -U_FORTIFY_SOURCE '' "$@"
[ -z "$no_branches" ] || expect object "$no_branches" '' "$@"
[ "$failed" = 0 ] && echo "ok 1 - each_kind_of_hardening_that_is_missing_is_found" || echo "not ok 1 - each_kind_of_hardening_that_is_missing_is_found"
exit $failed
