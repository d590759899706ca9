/** The completion script for bash, from version 3.2 on. */

import { groups, takers, type Node } from './node.js';

export function bash(nodes: readonly Node[]): string {
  const valued = takers(nodes);
  const all = valued.map(({ word }) => word).join('|');
  const values = valued.flatMap(({ word, takes }) => {
    if (takes === undefined || takes === 'text') return [];
    const words = takes === 'directory' ? '-d' : `-W '${takes.join(' ')}'`;
    return `    ${word}) COMPREPLY=($(compgen ${words} -- "$cur")); return ;;`;
  });
  const places = nodes.map(({ path, commands, options }) => {
    const inWords = (list: readonly { word: string }[]): string => list.map(({ word }) => word).join(' ');
    return `    '${path}') words='${inWords(commands)}' options='${inWords(options)}' ;;`;
  });
  return `# memfabric, completed in bash: eval "$(memfabric completion bash)"
_memfabric() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path='' words='' options='' at
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
    ${all}) return ;;
  esac
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      ${all}) ((at++)) ;;
      -*) ;;
      *)
        case "$path" in
          '') path="\${COMP_WORDS[at]}" ;;
          ${groups(nodes).join('|')}) path="$path \${COMP_WORDS[at]}" ;;
        esac
        ;;
    esac
  done
  case "$path" in
${places.join('\n')}
  esac
  if [[ "$cur" == -* ]]; then words="$options"; fi
  # Where this offers nothing the shell offers files.
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _memfabric memfabric
`;
}
