// Running other programs.

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Stop } from './say.mjs';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** On Windows `npm` and its like are batch files, which only a shell can start. */
const shell = (command) => process.platform === 'win32' && !/[\\/]|^(node|cargo|rustup)$/.test(command);

/**
 * Runs a program to its end with its output shown as it comes, and answers its exit code. With `line`, every line of
 * it is handed over too.
 */
export function run(command, args, { cwd = root, env = {}, line } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      shell: shell(command),
      stdio: line ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    for (const [from, to] of line ? [[child.stdout, process.stdout], [child.stderr, process.stderr]] : []) {
      createInterface({ input: from }).on('line', (text) => {
        to.write(`${text}\n`);
        line(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/** Runs a program that must succeed. `otherwise` is the sentence for when it does not. */
export async function must(command, args, otherwise, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Stop(otherwise ?? `\`${command} ${args.join(' ')}\` failed.`);
}

/** What a program says on its standard output, or `undefined` where it cannot be run or fails. */
export function ask(command, args, { cwd = root } = {}) {
  const answer = spawnSync(command, args, { cwd, encoding: 'utf8', shell: shell(command), maxBuffer: 1 << 26 });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

/** Whether this file was started, and not imported. */
export const started = (url) => fileURLToPath(url) === process.argv[1];
