/** Names of others in names of ours. */

import { NAME_CHARACTERS } from './limits.js';

/** A name as part of a path: letters, digits, `.`, `_` and `-`, and nothing that leads elsewhere. */
export function pathPart(name: string): string {
  const plain = [...name.normalize('NFC').replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')].slice(0, NAME_CHARACTERS).join('');
  // A dot in front would hide it, one at the end does not exist in Windows.
  return plain.replaceAll(/^[._]+|[._]+$/g, '') || 'workflow';
}

/** A moment as part of a path: the local time to the second. */
export function localTime(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day}T${[two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join('-')}`;
}

/** The name of each step's directory: its level and its id. Ids that would share one get a number. */
export function stepFolders(levels: readonly (readonly string[])[]): Map<string, string> {
  const folders = new Map<string, string>();
  const taken = new Set<string>();
  for (const [level, ids] of levels.entries()) {
    for (const id of ids) {
      const base = `${String(level).padStart(2, '0')}_${pathPart(id)}`;
      let name = base;
      // Some file systems do not tell large letters from small ones.
      for (let next = 2; taken.has(name.toLowerCase()); next++) name = `${base}_${next}`;
      taken.add(name.toLowerCase());
      folders.set(id, name);
    }
  }
  return folders;
}

/** An agent's name as the id of an agent, which has letters, digits, `_` and `-` only. */
export const agentId = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';
