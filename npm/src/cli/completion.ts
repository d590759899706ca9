/** `memfabric completion` */

import { Argument, type Command, type Option } from 'commander';

import { bash } from './completion/bash.js';
import { fish } from './completion/fish.js';
import type { Node } from './completion/node.js';
import { zsh } from './completion/zsh.js';
import { examples } from './help.js';
import { write } from './output.js';
import { filled } from './program.js';

const SCRIPTS = { bash, zsh, fish };

export function completion(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      examples(
        'eval "$(memfabric completion bash)"    # in ~/.bashrc',
        'eval "$(memfabric completion zsh)"     # in ~/.zshrc, behind compinit',
        'memfabric completion fish > ~/.config/fish/completions/memfabric.fish',
      ),
    )
    .action((shell: keyof typeof SCRIPTS) => run(shell, command.parent ?? command));
}

async function run(shell: keyof typeof SCRIPTS, program: Command): Promise<void> {
  await Promise.all(program.commands.map((command) => filled(command)));
  await write(SCRIPTS[shell](nodesOf(program)));
}

/** The program and the commands below it, each with its path. */
function nodesOf(program: Command): Node[] {
  const common = optionsOf(program).filter(({ word }) => word !== '--version' && word !== '--help');
  const nodes = (command: Command, path: string): Node[] => {
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const follow = path === 'help' ? program.commands : command.commands;
    const node = {
      path,
      commands: [...follow.map((next) => ({ word: next.name(), says: next.description() })), ...choices.map((word) => ({ word, says: word }))],
      options: command === program ? optionsOf(program) : [...optionsOf(command), ...common],
    };
    return [node, ...command.commands.flatMap((next) => nodes(next, `${path} ${next.name()}`.trim()))];
  };
  return nodes(program, '');
}

function optionsOf(command: Command): Node['options'] {
  return command.createHelp().visibleOptions(command).map(optionOf);
}

function optionOf({ long, description, required, argChoices }: Option): Node['options'][number] {
  const word = long ?? '';
  const takes = argChoices ?? (/^--(memory|(\w+-)?dir)$/.test(word) ? 'directory' : 'text');
  return { word, says: description, takes: required ? takes : undefined };
}
