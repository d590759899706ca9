/** The completion script for zsh. */

import { groups, takers, type Node } from './node.js';

export function zsh(nodes: readonly Node[]): string {
  const valued = takers(nodes);
  const all = valued.map(({ word }) => word).join('|');
  const values = valued.flatMap(({ word, takes }) => {
    if (takes === undefined || takes === 'text') return [];
    return `    ${word}) ${takes === 'directory' ? '_files -/' : `compadd -- ${takes.join(' ')}`}; return ;;`;
  });
  const places = nodes.map(({ path, commands, options }) => `    '${path}') commands=(${described(commands)}) options=(${described(options)}) ;;`);
  // Not `path`, which is where zsh looks for programs.
  return `#compdef memfabric
# memfabric, completed in zsh: eval "$(memfabric completion zsh)" behind compinit
_memfabric() {
  local place=''
  local -i at
  local -a commands options
  case "$words[CURRENT-1]" in
${values.join('\n')}
    ${all}) return ;;
  esac
  for ((at = 2; at < CURRENT; at++)); do
    case "$words[at]" in
      ${all}) ((at++)) ;;
      -*) ;;
      *)
        case "$place" in
          '') place="$words[at]" ;;
          ${groups(nodes).join('|')}) place="$place $words[at]" ;;
        esac
        ;;
    esac
  done
  case "$place" in
${places.join('\n')}
  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    _describe -o option options
  elif (($#commands)); then
    _describe command commands
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _memfabric ]]; then
  _memfabric "$@"
else
  compdef _memfabric memfabric
fi
`;
}

function described(list: readonly { word: string; says: string }[]): string {
  return list.map(({ word, says }) => quoted(`${word}:${says}`)).join(' ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
