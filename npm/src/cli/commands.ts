/** The commands that there are. What a command takes is in a file of its own, which is loaded when it is needed. */

import type { Command } from 'commander';

/** A command that is yet to be told its arguments and options. */
export interface Lazy {
  name: string;
  says: string;
  /** Loads the function that tells it. */
  load(): Promise<(command: Command) => void>;
}

export const COMMANDS: readonly Lazy[] = [
  { name: 'get', says: 'print the value of a key', load: async () => (await import('./get.js')).get },
  { name: 'set', says: 'set the value of a key', load: async () => (await import('./set.js')).set },
  { name: 'delete', says: 'delete entries', load: async () => (await import('./delete.js')).deleteKeys },
  { name: 'list', says: 'list entries', load: async () => (await import('./list.js')).list },
  { name: 'watch', says: 'print changes as they happen', load: async () => (await import('./watch.js')).watch },
  { name: 'history', says: 'print past changes', load: async () => (await import('./history.js')).history },
  { name: 'search', says: 'find the nearest vectors', load: async () => (await import('./search.js')).search },
  { name: 'notebook', says: 'read and write the notebook that agents share', load: async () => (await import('./notebook.js')).notebook },
  { name: 'run', says: 'run a workflow file', load: async () => (await import('./run.js')).run },
  { name: 'resume', says: 'go on with a run that was interrupted', load: async () => (await import('./resume.js')).resume },
  { name: 'stats', says: 'print figures of the memory', load: async () => (await import('./stats.js')).stats },
  { name: 'backup', says: 'copy the memory while others write', load: async () => (await import('./backup.js')).backup },
  { name: 'mcp', says: 'serve the memory to a host of the Model Context Protocol', load: async () => (await import('./mcp.js')).mcp },
  { name: 'completion', says: 'print a script that completes commands in a shell', load: async () => (await import('./completion.js')).completion },
];
