#!/bin/sh
# SPDX-License-Identifier: MIT
# In a guest of `jurat run --firmware-image`: a policy that `jurat measure` writes accepts its evidence, or refuses it.
#   launch.sh accepted|refused snp|tdx DIRECTORY OPTIONS-OF-MEASURE...
set -eu
expected=$1 tee=$2 at=$(mktemp -d "$3/XXXXXX")
shift 3
"$JURAT" measure "$tee" "$@" --policy-out "$at/policy" >/dev/null
if [ "$tee" = tdx ]; then
	"$JURAT" attest --report-data 0x0102 --out "$at/evidence" --event-log-out "$at/log" >/dev/null
	set -- --collateral "$JURAT_ROOTS/collateral" --event-log "$at/log"
else
	"$JURAT" attest --report-data 0x0102 --out "$at/evidence" --certs-out "$at/certs" >/dev/null 2>&1 || "$JURAT" attest --report-data 0x0102 --out "$at/evidence" >/dev/null
	! "$JURAT" attest --out "$at/again" --event-log-out "$at/log" >/dev/null 2>&1 || exit 1
	set -- --certs "$at/certs"
fi
status=0
"$JURAT" verify --roots "$JURAT_ROOTS" "$@" --policy "$at/policy" --report-data 0x0102 "$at/evidence" >"$at/verdict" || status=$?
case $expected$status in
accepted0) echo accepted ;;
refused1) sed -n '2,/^$/{s/^  \([a-z0-9-]*\): .*/\1/p}' "$at/verdict" ;;
*) cat "$at/verdict" && exit 1 ;;
esac
rm -r "$at"
