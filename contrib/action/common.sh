# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts of the action share.

# Ends with an annotation of the job. Spec: GitHub's workflow commands: %, CR and LF of a message are escaped
fail() {
	text=$(printf '%s' "$2" | sed 's/%/%25/g; s/\r/%0D/g' | sed ':a; N; $!ba; s/\n/%0A/g')
	printf '::error title=jurat::%s\n' "$text" # echo of dash would make line breaks of \\n
	exit "$1"
}

# An output of the step. A value with a line break could define another output.
output() {
	case $2 in
	*[[:cntrl:]]*) fail 2 "the value of '$1' has a line break or another control character" ;;
	esac
	printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}
