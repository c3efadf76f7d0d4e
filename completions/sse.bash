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

# Fits $1, what is to be inserted, to the quote that is open, in `text`. False: it cannot be said
# inside of that quote, and would end it.
_sse_quote() {
  text=$1
  case $quote in
    '') printf -v text %q "$text" ;;
    "'") [[ $text != *[\'\\]* ]] ;; # a \ would escape in $'...'
    *)
      # A ! would be taken for history, also behind a backslash, which then stays; readline takes a
      # " at the end for the closing one.
      [[ $text != *'!'* && $text != *\" ]] || return
      text=${text//\\/\\\\}
      text=${text//\"/\\\"}
      text=${text//\$/\\\$}
      text=${text//\`/\\\`}
      ;;
  esac
}

_sse() {
  local -a words found=()
  local quote cut line text command
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
        while IFS= read -r command; do
          if _sse_quote "$command"; then COMPREPLY+=("$text"); fi
        done < <(compgen -c -- "${current:cut}")
        return
        ;;
    esac
    found+=("$text")
  done < <("$1" __complete "${words[@]:1}" 2>/dev/null)

  for text in "${found[@]}"; do
    # One that ends in = waits for its value.
    if [[ $text == *= ]]; then compopt -o nospace; fi
    if _sse_quote "${text:cut}"; then COMPREPLY+=("$text"); fi
  done
}

complete -F _sse sse-sub sse-pub sse-serve
