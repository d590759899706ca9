/** The options that every command has: which memory, and where in it. */

import { Option, type Command } from 'commander';

import type { Scope } from '../index.js';

/** Their values. */
export interface Common {
  memory: string;
  scope?: Scope;
  workflow?: string;
  session?: string;
  actor?: string;
  agent?: string;
  json?: boolean;
}

/** The scopes that there are. */
export const SCOPES: readonly Scope[] = ['workflow', 'session', 'actor', 'global'];

const options = [
  new Option('--memory <dir>', 'the directory of the memory').env('MEMFABRIC_DIR').default('./memory'),
  new Option('--workflow <id>', 'the workflow of the context').env('MEMFABRIC_WORKFLOW'),
  new Option('--session <id>', 'the session of the context').env('MEMFABRIC_SESSION'),
  new Option('--actor <id>', 'the actor of the context').env('MEMFABRIC_ACTOR'),
  new Option('--agent <name>', 'the agent that writes').env('MEMFABRIC_AGENT'),
  new Option('--scope <scope>', 'this scope of the context, and no other').choices(SCOPES),
  new Option('--json', 'for programs: JSON, one document a line'),
];

/** Adds them to the program, which takes them before and after the command. */
export function addCommon(program: Command): void {
  for (const option of options) {
    // A variable that is set to nothing is as good as none.
    if (option.envVar !== undefined && process.env[option.envVar] === '') delete process.env[option.envVar];
    program.addOption(option);
  }
}
