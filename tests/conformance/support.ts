/** What the suites share. */

import assert from 'node:assert/strict';
import { MemoryError, type ChangeEvent, type Embed, type ErrorCode, type Fabric, type Watch, type WatchEvent } from 'memfabric';

/** Opens a new, empty fabric. */
export type Open = (options?: { embed?: Embed }) => Promise<Fabric>;

/** Registers a test. `skip` is the reason why it cannot be run here. */
export type Test = (name: string, body: () => Promise<void>, skip?: string | false) => void;

/** The tests of one area of behaviour. */
export type Suite = (open: Open, t: Test) => void;

/** Why `agent.call` cannot know here, after an `await`, which call it is in; or `false`. */
export const forgetful: string | false =
  !('AsyncLocalStorage' in globalThis || ('process' in globalThis && 'getBuiltinModule' in process)) && 'this runtime has no AsyncLocalStorage';

/** Tests that each get an empty fabric, which is closed after them. */
export function withFabric(open: Open, t: Test): (name: string, body: (fabric: Fabric) => Promise<void>, skip?: string | false) => void {
  return (name, body, skip) => {
    const run = async (): Promise<void> => {
      const fabric = await open();
      try {
        await body(fabric);
      } finally {
        await fabric.close();
      }
    };
    t(name, run, skip);
  };
}

/** Asserts that something fails with a code, at once or later, and with words if they are given. */
export async function fails(code: ErrorCode, run: () => unknown, words?: RegExp): Promise<MemoryError> {
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  assert.notEqual(error, undefined, `it did not fail; ${code} was expected`);
  assert.ok(error instanceof MemoryError, `${String(error)} is no MemoryError; ${code} was expected`);
  assert.equal(error.code, code, error.message);
  if (words !== undefined) assert.match(error.message, words);
  return error;
}

/** Whether a write is done when its call returns, if nobody else is writing. In the storage of a browser it is done later. */
export async function isDoneAtOnce(fabric: Fabric): Promise<boolean> {
  const { engine } = await fabric.stats();
  return engine === 'memory' || engine === 'directory';
}

/** The next events of a watch. */
export async function next(watch: Watch, count: number): Promise<WatchEvent[]> {
  const iterator = watch[Symbol.asyncIterator]();
  const events: WatchEvent[] = [];
  while (events.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    events.push(value);
  }
  return events;
}

/** The next changes of a watch, which are all that comes. */
export async function changes(watch: Watch, count: number): Promise<ChangeEvent[]> {
  return (await next(watch, count)).map(change);
}

/** An event that has to be a change. */
export function change(event: WatchEvent): ChangeEvent {
  assert.ok(event.action !== 'synced' && event.action !== 'resync', `${event.action} is no change`);
  return event;
}

/** An event in short: `set a 1`, `delete a`, `synced`. */
export function brief(event: WatchEvent): string {
  if (event.action === 'synced' || event.action === 'resync') return event.action;
  const data = event.action === 'set' ? ` ${JSON.stringify(event.data)}` : '';
  return `${event.action} ${event.key}${data}`;
}

/** Waits until something holds. The runner gives up if it never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(5);
}

/** Waits so many milliseconds. */
export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

/** Something that others wait for. */
export function gate(): { open(): void; opened: Promise<void> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** A value that must be there. */
export function some<T>(value: T | undefined | null): T {
  assert.ok(value !== undefined && value !== null, 'something was expected');
  return value;
}
