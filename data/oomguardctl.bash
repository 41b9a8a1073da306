# SPDX-License-Identifier: MIT
# Completion of oomguardctl(1) for bash.  It needs nothing but bash: where the package
# bash-completion is there, it loads this file when it is wanted.
# shellcheck shell=bash

_oomguardctl() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
        local commands='status rank explain check doctor history record replay pause resume reload'
        local shared='--config --feed --json --help --version' own='' command='' i

        COMPREPLY=()
        # `=` is a word of its own to bash: `--since=2h` comes as three.
        if [[ $word == = ]]; then
                word=''
        elif [[ $before == = ]]; then
                before=${COMP_WORDS[COMP_CWORD - 2]}
        fi
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                -c | --config | --feed) ((i++)) ;;
                -*) ;;
                *)
                        command=${COMP_WORDS[i]}
                        break
                        ;;
                esac
        done
        case $before in
        -c | --config | --feed | --journal | --kernel-log | --output)
                _oomguardctl_files "$word"
                return
                ;;
        -o)
                [[ $command != record ]] || _oomguardctl_files "$word"
                return
                ;;
        --since)
                _oomguardctl_words '30min 2h 1d 1w today yesterday all' "$word"
                return
                ;;
        -t | --time)
                _oomguardctl_words '30s 1min 10min 1h' "$word"
                return
                ;;
        -n | --number) return ;;
        esac
        case $command in
        '') own=$commands ;;
        status) own=--watch ;;
        rank) own=--number ;;
        history) own='--since --number --journal --kernel-log' ;;
        record) own='--output --time' ;;
        replay) own=-n ;;
        esac
        if [[ $word == -* || -z $command ]]; then
                _oomguardctl_words "$own $shared" "$word"
                return
        fi
        case $command in
        explain) _oomguardctl_words "$(_oomguardctl_processes)" "$word" ;;
        check | replay) _oomguardctl_files "$word" ;;
        pause) _oomguardctl_words '1min 10min 1h' "$word" ;;
        esac
}

_oomguardctl_words() { # WORDS WORD
        mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# With folders, and as file names: blanks in them are quoted.
_oomguardctl_files() { # WORD
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# Numbers and names of what runs, as far as names are single words.
_oomguardctl_processes() {
        local folder name
        for folder in /proc/[1-9]*; do
                echo "${folder#/proc/}"
                { read -r name < "$folder/comm"; } 2> /dev/null || continue
                case $name in
                *[!A-Za-z0-9_.:@+-]*) ;;
                *) echo "$name" ;;
                esac
        done
}

complete -F _oomguardctl oomguardctl
