/**
 * What the pages of these tests do. Runs in a page or, with `?worker`, in a worker of the page, and does what the test says
 * with `run`.
 */

import { commands } from './commands.ts';
import * as storages from './storages.ts';

export type Commands = typeof all;
type Name = keyof Commands;

/** What a command came to. */
export type Answer<N extends Name = Name> = { value: Awaited<ReturnType<Commands[N]>> } | { error: { code: string; message: string; maybeCommitted: boolean } };

const all = { ...commands, ...storages };
const table: Readonly<Record<string, (...args: never[]) => unknown>> = all;

async function run(name: Name, args: never[]): Promise<Answer> {
  try {
    return { value: await table[name]?.(...args) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : error.name;
    return { error: { code, message: error.message, maybeCommitted: 'maybeCommitted' in error } };
  }
}

/** Runs it in a worker of this page. */
function inWorker(): typeof run {
  const worker = new Worker('/page.js', { type: 'module' });
  const waiting: ((answer: Answer) => void)[] = [];
  worker.onmessage = ({ data }: MessageEvent<{ log: string } | { at: number; answer: Answer }>) => {
    if ('log' in data) console.log(data.log);
    else waiting[data.at]?.(data.answer);
  };
  worker.onerror = (event) => console.log(`the worker failed: ${event.message}`);
  return (name, args) =>
    new Promise((resolve) => {
      worker.postMessage({ at: waiting.push(resolve) - 1, name, args });
    });
}

if ('document' in globalThis) {
  Object.assign(globalThis, { run: location.search === '?worker' ? inWorker() : run });
} else {
  console.log = (log: string) => postMessage({ log });
  onmessage = async ({ data }: MessageEvent<{ at: number; name: Name; args: never[] }>) => {
    postMessage({ at: data.at, answer: await run(data.name, data.args) });
  };
}
