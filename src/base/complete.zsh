#compdef @PROGRAM@
# SPDX-License-Identifier: MIT
# Completion of @PROGRAM@ for zsh: made by `@PROGRAM@ help --format zsh`.

# Rows of fields that a tab separates, "-" for none: verb NAME SUMMARY; takes VERB COMMAND KIND...;
# option VERB NAME COMMANDS KIND VALUES once|many PLACEHOLDER HELP.
typeset -ga _@PROGRAM@_rows
_@PROGRAM@_rows=(
@TABLE@
)

# Choices in any case of letters.
_@PROGRAM@_names() {
	compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' "$@"
}

# The value of --option VALUE|@FILE.
_@PROGRAM@_at_file() {
	compset -P '@' && _files || _message 'value, or @FILE'
}

# The verbs, each with its summary.
_@PROGRAM@_verbs() {
	local row
	local -a fields verbs
	for row in ${(M)_@PROGRAM@_rows:#verb$'\t'*}; do
		fields=("${(@ps:\t:)row}")
		verbs+=("${fields[2]//:/\\:}:$fields[3]")
	done
	_describe -t verbs verb verbs
}

# The commands of the verb $1.
_@PROGRAM@_commands() {
	local row
	local -a fields known
	for row in ${(M)_@PROGRAM@_rows:#takes$'\t'$1$'\t'[^-]*}; do
		fields=("${(@ps:\t:)row}")
		known+=($fields[3])
	done
	_wanted commands expl command compadd -a known
}

# What `_arguments` calls for a KIND with VALUES: into `reply`.
_@PROGRAM@_action() {
	local values=${2//|/ }
	case $1 in
	file) reply=_files ;;
	dir) reply='_path_files -/' ;;
	atfile) reply=' _@PROGRAM@_at_file' ;;
	words) reply="($values)" ;;
	names) reply="_@PROGRAM@_names $values" ;;
	list) reply=" _values -s , words $values" ;;
	verb) reply=' _@PROGRAM@_verbs' ;;
	command) reply=' _@PROGRAM@_commands $line[1]' ;;
	program) reply='(--)' ;;
	*) reply=' ' ;;
	esac
}

# The arguments of a verb, or of one of its commands, from the one with number $1 on: into `specs`.
_@PROGRAM@_arguments() {
	local number=$1 kind reply
	shift
	while (( $# )); do
		kind=$1
		shift
		_@PROGRAM@_action $kind ''
		if [[ ${1-} == ... || $kind == program ]]; then
			specs+=("*:$kind:$reply")
			return
		fi
		specs+=("$number:$kind:$reply")
		(( number++ ))
	done
}

_@PROGRAM@() {
	local verb=${words[2]-} command='' row reply expl curcontext=$curcontext name help
	local -i i skip=0
	local -a fields specs takes known
	local -A kinds takes_of
	local -a line
	local -A opt_args
	if (( CURRENT == 2 )); then
		_arguments '--help[print help and exit]' '--version[print the version and exit]' '1:verb:_@PROGRAM@_verbs'
		return
	fi
	for row in ${(M)_@PROGRAM@_rows:#option$'\t'$verb$'\t'*}; do
		fields=("${(@ps:\t:)row}")
		kinds[$fields[3]]=$fields[5]
	done
	for row in ${(M)_@PROGRAM@_rows:#takes$'\t'$verb$'\t'*}; do
		fields=("${(@ps:\t:)row}")
		takes_of[$fields[3]]=$fields[4]
		[[ $fields[3] == - ]] || known+=($fields[3])
	done
	for (( i = 3; i < CURRENT; i++ )); do # the command, and where a program begins
		if (( skip )); then
			skip=0
		elif [[ $words[i] == -- ]]; then
			if [[ $takes_of[${command:--}] == program* ]]; then
				shift $i words
				(( CURRENT -= i ))
				_normal
				return
			fi
			break
		elif [[ $words[i] == --* ]]; then
			[[ $words[i] == *=* || ${kinds[${words[i]#--}]:-flag} == flag ]] || skip=1
		elif (( $#known )) && [[ ! $command ]]; then
			command=$words[i]
		fi
	done
	for row in ${(M)_@PROGRAM@_rows:#option$'\t'$verb$'\t'*}; do
		fields=("${(@ps:\t:)row}") # [3] name [4] commands [5] kind [6] values [7] once|many [8] placeholder [9] help
		[[ $fields[4] == - || ! $command || "|$fields[4]|" == *"|$command|"* ]] || continue
		name=$fields[3]
		help=${${${fields[9]//\\/\\\\}//\[/\\[}//\]/\\]}
		[[ $fields[7] == many ]] && reply='*' || reply="(--$name)"
		if [[ $fields[5] == flag ]]; then
			specs+=("$reply--${name}[$help]")
		else
			row="$reply--${name}=[$help]:${fields[8]//:/\\:}:"
			_@PROGRAM@_action $fields[5] $fields[6]
			specs+=("$row$reply")
		fi
	done
	if (( $#known )); then
		specs+=("1:command: _@PROGRAM@_commands $verb")
		_@PROGRAM@_arguments 2 ${=takes_of[$command]-}
	else
		_@PROGRAM@_arguments 1 ${=takes_of[-]-}
	fi
	words=("$verb" "${(@)words[3,-1]}")
	(( CURRENT-- ))
	_arguments -S : $specs
}

if [[ $funcstack[1] == _@PROGRAM@ ]]; then
	_@PROGRAM@ "$@"
else
	compdef _@PROGRAM@ @PROGRAM@
fi
