# shellcheck shell=bash
# Completion for sse-sub, sse-pub and sse-serve in bash, with or without the bash-completion package.
# The programs know their candidates (`sse-sub __complete WORDS...`); this cuts the line into words
# and fits what they say to what readline replaces.

# Cuts $1 as the shell would, up to where the cursor is: into words (the last one may be empty),
# quote (the one that is still open), and cut (how much of the last word readline leaves alone,
# because a quote or a character of COMP_WORDBREAKS ends there).
_sse_cut() {
  local line=$1 word='' c i started=''
  words=() quote='' cut=0
  for ((i = 0; i < ${#line}; i++)); do
    c=${line:i:1}
    if [[ $quote == "'" ]]; then
      if [[ $c == "'" ]]; then quote=''; else word+=$c; fi
    elif [[ $c == "\\" ]]; then
      i=$((i + 1)) started=1 word+=${line:i:1}
    elif [[ -n $quote ]]; then
      if [[ $c == "$quote" ]]; then quote=''; else word+=$c; fi
    elif [[ $c == [\'\"] ]]; then
      quote=$c started=1 cut=${#word}
    elif [[ $c == [[:space:]] ]]; then
      if [[ -n $started ]]; then words+=("$word"); fi
      word='' started='' cut=0
    else
      started=1 word+=$c
      if [[ $COMP_WORDBREAKS == *"$c"* ]]; then cut=${#word}; fi
    fi
  done
  words+=("$word")
}

_sse() {
  local -a words found=()
  local quote cut line text
  _sse_cut "${COMP_LINE:0:COMP_POINT}"
  local current=${words[-1]}
  COMPREPLY=()
  while IFS= read -r line; do
    text=${line%%$'\t'*}
    case $line in
      $'\tfiles')
        mapfile -t COMPREPLY < <(compgen -f -- "${current:cut}")
        compopt -o filenames
        return
        ;;
      $'\tcommands')
        mapfile -t COMPREPLY < <(compgen -c -- "${current:cut}")
        return
        ;;
    esac
    found+=("$text")
  done < <("$1" __complete "${words[@]:1}" 2>/dev/null)

  for text in "${found[@]}"; do
    # One that ends in = waits for its value.
    if [[ $text == *= ]]; then compopt -o nospace; fi
    text=${text:cut}
    if [[ -z $quote ]]; then printf -v text %q "$text"; fi
    COMPREPLY+=("$text")
  done
}

complete -F _sse sse-sub sse-pub sse-serve
