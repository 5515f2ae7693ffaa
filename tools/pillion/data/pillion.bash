# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Completion of the command pillion for bash

_pillion ()
{
  local current=$2 previous=$3 words
  case $previous in
    -P | --output-dir | --clean)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    -o | --output | -i | --input-file | --cacert | -E | --cert | --key | --unix-socket | --cookie-jar | -b | --cookie | -T | --upload-file | --report)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
  esac
  if ((COMP_CWORD == 1)); then
    words="fetch cache demo serve help --help --version"
  else
    case ${COMP_WORDS[1]} in
      fetch)
        words="--input-file --mirror --jobs --split --output --remote-name --output-dir --no-clobber --timestamping --remote-time --continue
          --no-continue --sha256 --request --header --data --data-raw --data-urlencode --get --json --form --upload-file --range
          --head --user-agent --cookie --cookie-jar --user --netrc --retry --max-redirs --connect-timeout --max-time --speed-limit --limit-rate --proxy --cacert --cert --key --pinnedpubkey --insecure --http1.1
          --ipv4 --ipv6 --resolve --unix-socket --location --fail --fail-with-body
          --quiet --write-out --verbose
          --progress --no-progress --frames --hz --budget --work --report --clean --dry-run --yes --help"
        ;;
      demo) words="--hz --seconds --report --port --help" ;;
      serve) words="--port --help" ;;
      cache) words="list show verify clear --help" ;;
      help) words="fetch cache demo serve" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _pillion pillion
