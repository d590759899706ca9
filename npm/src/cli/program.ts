/** The command as a whole. */

import { Command } from 'commander';

import { hasColours, paint } from './colour.js';
import { COMMANDS } from './commands.js';
import { addCommon } from './common.js';
import { EXIT_CODES } from './exit.js';
import { examples } from './help.js';
import { version } from './version.js';

/** The program, with its commands by name. Each of them is filled when it is about to be used. */
export function makeProgram(): Command {
  const program = new Command('memfabric')
    .description('One memory that many agents share: a directory, which this command reads, writes and watches.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => paint('bold', title) })
    .configureOutput({
      getOutHasColors: () => hasColours(process.stdout),
      getErrHasColors: () => hasColours(process.stderr),
      // main.ts says it, in JSON if need be.
      outputError: () => {},
    })
    .exitOverride()
    .hook('preSubcommand', (_program, command) => filled(command));
  addCommon(program);
  for (const { name, says } of COMMANDS) program.command(name).description(says);
  program
    .command('help')
    .description('print the help of a command')
    .argument('[command...]', 'the command')
    .action(async (path: string[]) => (await commandAt(program, path)).outputHelp());
  program.addHelpText(
    'after',
    `${examples(
      `memfabric set plan '["read","write"]' --workflow wf-1`,
      'memfabric get plan --workflow wf-1',
      "memfabric watch 'ticket:*:sentiment'",
      'memfabric help search',
    )}\n${EXIT_CODES}`,
  );
  return program;
}

const full = new WeakSet<Command>();

/** A command with its arguments and options, which are loaded now if they were not. */
export async function filled(command: Command): Promise<void> {
  const lazy = COMMANDS.find(({ name }) => name === command.name());
  if (lazy === undefined || full.has(command)) return;
  full.add(command);
  const fill = await lazy.load();
  fill(command);
}

async function commandAt(program: Command, path: readonly string[]): Promise<Command> {
  let command = program;
  for (const name of path) {
    const next = command.commands.find((known) => known.name() === name);
    if (next === undefined) return command.error(`error: there is no command '${path.join(' ')}'`);
    if (command === program) await filled(next);
    command = next;
  }
  return command;
}
