/** The completion script for fish. */

import { groups, takers, type Node } from './node.js';

export function fish(nodes: readonly Node[]): string {
  const all = takers(nodes).map(({ word }) => word).join(' ');
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const start = `complete -c memfabric -n "__memfabric_at '${path}'"`;
    const words = commands.map(({ word, says }) => `${start} -f -a ${word} -d ${quoted(says)}`);
    return [...words, ...options.map((option) => `${start} ${optionWords(option)}`)];
  });
  return `# memfabric, completed in fish
function __memfabric_at
  set -l place ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${all}
        set skip 1
      case '-*'
      case '*'
        if test -z "$place"
          set place $word
        else if contains -- "$place" ${groups(nodes).map(quoted).join(' ')}
          set place "$place $word"
        end
    end
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function optionWords({ word, says, takes }: Node['options'][number]): string {
  const name = `-l ${word.replace(/^--/, '')} -d ${quoted(says)}`;
  if (takes === undefined) return name;
  if (takes === 'text') return `${name} -r`;
  return takes === 'directory' ? `${name} -x -a '(__fish_complete_directories)'` : `${name} -x -a ${quoted(takes.join(' '))}`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
