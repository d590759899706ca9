/** Finds the file of an agent that a workflow uses and does not define, where goflow looks for it. */

import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { FILE_BYTES } from './limits.js';
import type { Origin } from './load.js';
import { readText } from './text-file.js';

/** Where agents are, the first place first. `paths` are those that the workflow names, from its own folder on, or from where it is run. */
export function agentFolders(paths: readonly string[], { directory, from }: Pick<Origin, 'directory' | 'from'>): string[] {
  const known = [join('.github', 'agents'), join('.claude', 'agents'), join(homedir(), '.copilot', 'agents')];
  return [...known.map((path) => resolve(from, path)), ...paths.flatMap((path) => [resolve(directory, path), resolve(from, path)])];
}

/** The file of an agent: `NAME.agent.md` or `NAME.md`, or one whose front matter says that this is its name. */
export async function findAgent(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.md')).toSorted();
    const named = [`${name}.agent.md`, `${name}.md`].find((file) => files.includes(file));
    if (named !== undefined) return join(folder, named);
    for (const file of files) {
      const path = join(folder, file);
      // Whatever cannot be read is not the agent that is looked for.
      if (nameIn(await readText(path, path, FILE_BYTES).catch(() => '')) === name) return path;
    }
  }
  return undefined;
}

/** The name that front matter has: what stands between the first line, `---`, and the next such. */
function nameIn(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) return undefined;
  const name = lines.slice(1, end).find((line) => line.startsWith('name:'))?.slice('name:'.length).trim();
  return /^(["'])(.*)\1$/.exec(name ?? '')?.[2] ?? name;
}
