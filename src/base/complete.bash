# SPDX-License-Identifier: MIT
# Completion of @PROGRAM@ for bash, with or without bash-completion: made by `@PROGRAM@ help --format bash`.

# Rows of fields that a tab separates, "-" for none: verb NAME SUMMARY; takes VERB COMMAND KIND...;
# option VERB NAME COMMANDS KIND VALUES once|many PLACEHOLDER HELP.
_@PROGRAM@_rows=(
@TABLE@
)

# The words before the cursor as they were typed, in `words`, and the one at the cursor in `cur`: bash cuts words at
# characters of COMP_WORDBREAKS, too. `raw` has the number in COMP_WORDS that each begins with.
_@PROGRAM@_words()
{
	local line=${COMP_LINE:0:COMP_POINT} rest word i
	words=() raw=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		rest=${line#"${line%%[![:blank:]]*}"}
		((i < COMP_CWORD)) || word=$rest
		if ((i > 0)) && [[ $rest == "$line" ]]; then
			words[${#words[@]}-1]+=$word
		else
			words+=("$word") raw+=("$i")
		fi
		line=${rest#"$word"}
	done
	cur=${words[${#words[@]}-1]}
	unset "words[${#words[@]}-1]"
}

# Offers words that begin with what is typed; what readline does not replace is cut off.
_@PROGRAM@_offer()
{
	local word
	for word; do
		[[ $word != "$cur"* ]] || COMPREPLY+=("${word#"$kept"}")
	done
}

# Offers the values of an option: KIND VALUES BEFORE, what stands before the value in the same word.
_@PROGRAM@_value()
{
	local value=${cur#"$3"} word values=() before=$3
	[[ $2 == - ]] || IFS='|' read -r -a values <<<"$2"
	case $1 in
	words) _@PROGRAM@_offer "${values[@]/#/$before}" ;;
	names)
		for word in "${values[@]}"; do
			[[ ${word,,} != "${value,,}"* ]] || COMPREPLY+=("${before#"$kept"}$word")
		done
		;;
	list)
		[[ $value != *,* ]] || before+=${value%,*},
		for word in "${values[@]}"; do
			[[ ,$value, == *",$word,"* && ${value##*,} != "$word" ]] || _@PROGRAM@_offer "$before$word"
		done
		compopt -o nospace
		;;
	dir) compopt -o dirnames ;;
	file) compopt -o default ;;
	atfile)
		[[ $value == @* ]] || return
		compopt -o filenames
		mapfile -t values < <(compgen -f -- "${value#@}")
		for word in "${values[@]}"; do
			[[ ! -d $word ]] || { word+=/ && compopt -o nospace; }
			COMPREPLY+=("${before#"$kept"}@$word")
		done
		;;
	esac
}

# A command line of its own, from the word on whose number is $1.
_@PROGRAM@_program()
{
	local offset=${raw[$1]}
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$offset"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$offset"
	elif (($1 == ${#words[@]})); then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -c -- "$cur" | sort -u)
	else
		compopt -o default
	fi
}

# The number of the argument at the cursor is $1; kinds of arguments follow.
_@PROGRAM@_argument()
{
	local n=$1 kind
	shift
	((n <= $# - 2)) || [[ ${!#} != ... ]] || n=$(($# - 2))
	kind=${*:n+1:1}
	case $kind in
	verb) _@PROGRAM@_offer "${verbs[@]}" ;;
	command)
		local row fields
		for row in "${_@PROGRAM@_rows[@]}"; do
			IFS=$'\t' read -r -a fields <<<"$row"
			[[ ${fields[0]} != takes || ${fields[1]} != "${arguments[0]}" || ${fields[2]} == - ]] ||
				_@PROGRAM@_offer "${fields[2]}"
		done
		;;
	program) _@PROGRAM@_offer -- ;;
	*) _@PROGRAM@_value "${kind:-none}" - '' ;;
	esac
}

# What `words` has after the verb: options in `used`, `arguments`, the option whose value comes next in `wants`.
_@PROGRAM@_parse()
{
	local i
	for ((i = 2; i < ${#words[@]}; i++)); do
		if [[ $wants ]]; then
			wants=
		elif [[ $dashes ]]; then
			arguments+=("${words[i]}")
		elif [[ ${words[i]} == -- ]]; then
			dashes=$i
		elif [[ ${words[i]} == --* ]]; then
			used+=("${words[i]%%=*}")
			[[ ${words[i]} == *=* || ${kinds[${words[i]#--}]:-flag} == flag ]] || wants=${words[i]#--}
		else
			arguments+=("${words[i]}")
		fi
	done
}

_@PROGRAM@()
{
	local words raw cur kept row fields verbs=() commands=() options=() arguments=() used=() wants= dashes= takes=()
	local -A kinds=() values=() of=() repeats=() arguments_of=()
	_@PROGRAM@_words
	COMPREPLY=()
	kept=
	[[ $cur != *"$2" ]] || kept=${cur%"$2"}
	for row in "${_@PROGRAM@_rows[@]}"; do
		IFS=$'\t' read -r -a fields <<<"$row"
		case ${fields[0]}:${fields[1]} in
		verb:*) verbs+=("${fields[1]}") ;;
		"takes:${words[1]-}")
			[[ ${fields[2]} == - ]] || commands+=("${fields[2]}")
			arguments_of[${fields[2]}]=${fields[3]-}
			;;
		"option:${words[1]-}")
			options+=("${fields[2]}")
			of[${fields[2]}]=${fields[3]} kinds[${fields[2]}]=${fields[4]} values[${fields[2]}]=${fields[5]}
			repeats[${fields[2]}]=${fields[6]}
			;;
		esac
	done
	if ((${#words[@]} == 1)); then
		_@PROGRAM@_offer "${verbs[@]}" --help --version
		return
	fi
	_@PROGRAM@_parse
	local command=- number=${#arguments[@]} name
	if ((${#commands[@]} > 0)); then
		command=${arguments[0]-} number=$((number - 1))
	fi
	read -r -a takes <<<"${arguments_of[${command:--}]-}"
	if [[ $wants ]]; then
		_@PROGRAM@_value "${kinds[$wants]}" "${values[$wants]}" ''
	elif [[ $dashes && ${takes[0]-} == program ]]; then
		_@PROGRAM@_program $((dashes + 1))
	elif [[ ! $dashes && $cur == --*=* ]]; then
		name=${cur%%=*}
		_@PROGRAM@_value "${kinds[${name#--}]:-none}" "${values[${name#--}]:--}" "$name="
	elif [[ ! $dashes && ($cur == -* || (! $cur && ${#takes[@]} == 0 && ($command || ${#commands[@]} == 0))) ]]; then
		for name in "${options[@]}"; do
			[[ ${of[$name]} == - || ! $command || "|${of[$name]}|" == *"|$command|"* ]] || continue
			[[ ${repeats[$name]} == many || " ${used[*]} " != *" --$name "* ]] || continue
			_@PROGRAM@_offer "--$name"
		done
	elif [[ ! $command ]]; then
		_@PROGRAM@_offer "${commands[@]}"
	else
		_@PROGRAM@_argument "$number" "${takes[@]}"
	fi
} && complete -F _@PROGRAM@ @PROGRAM@
