#!/bin/sh
# SPDX-License-Identifier: MIT
# Every option that juratd has is on its manual page, and every option on the page is one: manual.sh JURATD PAGE
set -eu
has=$("$1" qgs --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort)
page=$(sed -n 's/^\*\(--[a-z-]*\)\*.*/\1/p' "$2" | sort)
[ "$has" = "$page" ] || { printf 'juratd has:\n%s\nthe page has:\n%s\n' "$has" "$page"; exit 1; }
"$1" --help | grep -q '^  qgs '
"$1" --version | grep -q '^juratd [0-9]'
