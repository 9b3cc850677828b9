# SPDX-License-Identifier: MIT
# Completion of @PROGRAM@ for fish: made by `@PROGRAM@ help --format fish`.

# Rows of fields that a tab separates, "-" for none: verb NAME SUMMARY; takes VERB COMMAND KIND...;
# option VERB NAME COMMANDS KIND VALUES once|many PLACEHOLDER HELP.
set -g __@PROGRAM@_rows \
@TABLE@

# The rows that begin with these fields.
function __@PROGRAM@_find
    string match -- (string join \t -- $argv)\t'*' $__@PROGRAM@_rows
end

# The field $argv[1] of each row read.
function __@PROGRAM@_field
    while read -l row
        set -l fields (string split \t -- $row)
        echo $fields[$argv[1]]
    end
end

# What is to be completed, line by line: the kind (file, dir, program and so on), its values, what stands before it in the word,
# then what the kind needs.
function __@PROGRAM@_wanted
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l verb $words[2]
    set -l arguments
    set -l used
    set -l wants
    set -l dashes 0
    if test (count $words) -lt 2
        printf '%s\n' verbs - ''
        return
    end
    set -l names (__@PROGRAM@_find option $verb | __@PROGRAM@_field 3)
    set -l kinds (__@PROGRAM@_find option $verb | __@PROGRAM@_field 5)
    set -l values (__@PROGRAM@_find option $verb | __@PROGRAM@_field 6)
    for i in (seq 3 (count $words))
        set -l name (string replace -r '^--([^=]*).*' '$1' -- $words[$i])
        if test -n "$wants"
            set wants
        else if test $dashes -gt 0
            set -a arguments $words[$i]
        else if test "$words[$i]" = --
            set dashes $i
        else if string match -q -- '--*' $words[$i]
            set -a used $name
            set -l k (contains -i -- $name $names)
            and test $kinds[$k] != flag
            and not string match -q '*=*' -- $words[$i]
            and set wants $k
        else
            set -a arguments $words[$i]
        end
    end
    set -l commands (__@PROGRAM@_find takes $verb | __@PROGRAM@_field 3 | string match -v -- -)
    set -l command -
    if set -q commands[1]
        set command "$arguments[1]"
        set -e arguments[1]
    end
    set -l takes (__@PROGRAM@_find takes $verb | string match -- "takes"\t"$verb"\t"$command"\t'*' | __@PROGRAM@_field 4 | string split ' ' -n)
    if test -n "$wants"
        printf '%s\n' $kinds[$wants] $values[$wants] ''
    else if test $dashes -gt 0; and test "$takes[1]" = program
        printf '%s\n' program - '' $dashes
    else if test $dashes -eq 0; and string match -q -- '--*=*' $word
        set -l name (string replace -r '^--([^=]*)=.*' '$1' -- $word)
        set -l k (contains -i -- $name $names)
        and printf '%s\n' $kinds[$k] $values[$k] "--$name="
    else if test $dashes -eq 0; and string match -q -- '-*' $word
        printf '%s\n' options $verb '' $command $used
    else if test -z "$command"
        printf '%s\n' words (string join '|' -- $commands) ''
    else
        set -l n (math (count $arguments) + 1)
        if test "$takes[-1]" = ...; and test $n -ge (count $takes)
            set n (math (count $takes) - 1)
        end
        if set -q takes[$n]
            printf '%s\n' $takes[$n] $verb '' "$arguments[1]"
        else if test $dashes -eq 0
            printf '%s\n' options $verb '' $command $used
        end
    end
end

# The options of the verb $argv[1] that the command $argv[2] takes and that the others have not used up.
function __@PROGRAM@_options
    for row in (__@PROGRAM@_find option $argv[1])
        set -l f (string split \t -- $row)
        if test $f[7] = once; and contains -- $f[3] $argv[3..]
            continue
        end
        if test $f[4] = -; or contains -- "$argv[2]" - ''; or contains -- "$argv[2]" (string split '|' -- $f[4])
            printf '--%s\t%s\n' $f[3] $f[9]
        end
    end
end

# Whether fish itself completes the name of a file.
function __@PROGRAM@_wants_file
    set -l wanted (__@PROGRAM@_wanted)
    test "$wanted[1]" = file
end

function __@PROGRAM@_complete
    set -l wanted (__@PROGRAM@_wanted)
    set -l before $wanted[3]
    set -l word (string replace -- "$before" '' (commandline -ct))
    switch "$wanted[1]"
        case verbs verb
            __@PROGRAM@_find verb | string replace -r '^verb\t' ''
            if test $wanted[1] = verbs
                printf '%s\t%s\n' --help 'print help and exit' --version 'print the version and exit'
            end
        case command
            __@PROGRAM@_find takes $wanted[4] | __@PROGRAM@_field 3 | string match -v -- -
        case options
            __@PROGRAM@_options $wanted[2] "$wanted[4]" $wanted[5..]
        case words names
            printf '%s\n' $before(string split '|' -- $wanted[2])
        case list
            set -l done (string replace -r '[^,]*$' '' -- $word)
            for item in (string split '|' -- $wanted[2])
                contains -- $item (string split , -- $done)
                or echo $before$done$item
            end
        case dir
            printf '%s\n' $before(__fish_complete_directories $word | string replace -r '\t.*' '')
        case atfile
            if string match -q '@*' -- $word
                printf '%s\n' $before@(complete -C "@PROGRAM@-none "(string sub -s 2 -- $word) | string replace -r '\t.*' '')
            end
        case program
            set -l words (commandline -opc) (commandline -ct)
            test (count $words) -gt $wanted[4]
            and set -l rest $words[(math $wanted[4] + 1)..]
            if set -q rest[1]
                complete -C (string join ' ' -- (string escape -- $rest[..-2]) $rest[-1])
            else
                echo --
            end
    end
end

complete -c @PROGRAM@ -e
complete -c @PROGRAM@ -n 'not __@PROGRAM@_wants_file' -f
complete -c @PROGRAM@ -k -a '(__@PROGRAM@_complete)'
