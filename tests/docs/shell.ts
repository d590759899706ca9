/** The examples of the command in the documentation: finding them, and running them as a reader would. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { nameOf, root } from './examples.js';

/** A block of `sh` that calls `memfabric`. */
export interface Session {
  /** The page and the line. */
  where: string;
  /** The heading above it. */
  title: string;
  code: string;
  /** The lines that it says it prints, whatever is between their words: what stands behind a command as a comment, and lines after `#> `. */
  prints: string[];
}

/** All of a page, but for those that begin with `sh no-run`. */
export function sessionsOf(path: string): Session[] {
  const sessions: Session[] = [];
  let title = nameOf(path);
  let block: { line: number; lines: string[] } | undefined;
  for (const [at, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (block === undefined) {
      if (line.startsWith('#')) title = line.replace(/^#+ */, '');
      else if (line === '```sh') block = { line: at + 1, lines: [] };
      else if (line.startsWith('```')) block = { line: NaN, lines: [] };
    } else if (line === '```') {
      const { lines } = block;
      const isRun = !Number.isNaN(block.line) && lines.some((text) => /^memfabric |\$\(memfabric /.test(text));
      const prints = lines.flatMap((text) => /^#> (.*)$/.exec(text)?.[1] ?? /^memfabric .*?\s{2,}# (.*)$/.exec(text)?.[1] ?? []);
      if (isRun) sessions.push({ where: `${nameOf(path)}:${block.line}`, title, code: lines.join('\n'), prints: prints.map(words) });
      block = undefined;
    } else {
      block.lines.push(line);
    }
  }
  return sessions;
}

/** The words of a line, with one space between them: output has tabs. */
export const words = (line: string): string => line.trim().replaceAll(/\s+/g, ' ');

/** Runs one session in bash, in a folder, where `memfabric` is the command that was built. Answers all that was said. */
export async function runSession(session: Session, folder: string): Promise<{ code: number | null; said: string }> {
  const bin = join(folder, 'node_modules', '.bin');
  const link = join(bin, 'memfabric');
  mkdirSync(bin, { recursive: true });
  writeFileSync(link, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'npm', 'bin', 'memfabric.mjs')}' "$@"\n`);
  chmodSync(link, 0o755);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}`, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, FORCE_COLOR: undefined };
  const child = spawn('bash', ['-eu', '-o', 'pipefail', '-c', `exec 2>&1\n${session.code}`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return { code: child.exitCode, said };
}
