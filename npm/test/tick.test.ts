import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { BindingFabric } from '../src/api/contract.ts';
import { MemoryError } from '../src/api/errors.ts';
import { Tick, type Committed } from '../src/api/tick.ts';

/** What of a fabric a tick uses. `answer` says how a commit of so many batches goes. */
function binding(answer: (batches: number) => string | Promise<string>, settle = (): Promise<void> => Promise.resolve()) {
  const state = { queued: 0, commits: [] as number[], settled: 0 };
  const refuse = (): never => assert.fail('a tick has no business here');
  const fabric: BindingFabric = {
    commit() {
      const batches = state.queued;
      state.queued = 0;
      state.commits.push(batches);
      return answer(batches);
    },
    settle() {
      state.settled += 1;
      return settle();
    },
    memory: refuse,
    watch: refuse,
    stats: refuse,
    flush: refuse,
    export: refuse,
    backup: refuse,
    close: refuse,
  };
  return { state, fabric, enqueue: () => void (state.queued += 1) };
}

let revision = 0;
const good = (batches: number): string =>
  JSON.stringify(Array.from({ length: batches }, () => ({ first: ++revision, last: revision, outcomes: [revision] })));
const last = (committed: Committed): number => committed.last;
const rejected = async (promise: Promise<unknown>, code: string): Promise<MemoryError> => {
  const error = await promise.then(() => assert.fail('it did not fail'), (thrown: unknown) => thrown);
  assert.ok(error instanceof MemoryError, String(error));
  assert.equal(error.code, code);
  return error;
};

test('writes of one tick are committed together at its end, each with its own result', async () => {
  const { fabric, enqueue, state } = binding(good);
  const tick = new Tick(fabric);
  const writes = [1, 2, 3].map(() => tick.write(enqueue, last));
  assert.deepEqual(state.commits, []);
  const [a = 0, b, c] = await Promise.all(writes);
  assert.deepEqual([b, c], [a + 1, a + 2]);
  assert.deepEqual(state.commits, [3]);
});

test('64 chains of writes go on in step', async () => {
  const { fabric, enqueue, state } = binding(good);
  const tick = new Tick(fabric);
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (let round = 0; round < 10; round++) await tick.write(enqueue, last);
    }),
  );
  assert.deepEqual(state.commits, Array.from({ length: 10 }, () => 64));
});

test('chains that await more than writes go on in step too', async () => {
  const { fabric, enqueue, state } = binding((batches) => new Promise((resolve) => setImmediate(() => resolve(good(batches)))));
  const tick = new Tick(fabric);
  const set = async (): Promise<number> => await tick.write(enqueue, last);
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (let round = 0; round < 5; round++) {
        await set();
        await Promise.resolve();
      }
    }),
  );
  assert.deepEqual(state.commits, [64, 64, 64, 64, 64]);
});

test('a read commits first what is queued', async () => {
  const { fabric, enqueue, state } = binding(good);
  const tick = new Tick(fabric);
  const before = tick.write(enqueue, last);
  assert.equal(tick.read(() => state.commits.length), 1);
  const after = tick.write(enqueue, last);
  await Promise.all([before, after]);
  assert.deepEqual(state.commits, [1, 1]);
});

test('a read through one fabric commits what was written through another', async () => {
  const [one, other] = [binding(good), binding(good)];
  const [ticks, reader] = [new Tick(one.fabric), new Tick(other.fabric)];
  const write = ticks.write(one.enqueue, last);
  assert.equal(reader.read(() => one.state.commits.length), 1);
  await write;
});

test('each write fails for itself', async () => {
  const { fabric, enqueue } = binding(() =>
    JSON.stringify([{ first: 1, last: 1, outcomes: [1] }, { error: { code: 'conflict', message: 'no', revision: 7 } }, { first: 2, last: 3, outcomes: [3] }]),
  );
  const tick = new Tick(fabric);
  const writes = [1, 2, 3].map(() => tick.write(enqueue, last));
  assert.equal(await writes[0], 1);
  const error = await rejected(writes[1] ?? assert.fail(), 'conflict');
  assert.equal(error.revision, 7);
  assert.equal(await writes[2], 3);
});

test('what the binding refuses rejects that write and leaves no trace', async () => {
  const { fabric, enqueue, state } = binding(good);
  const tick = new Tick(fabric);
  const refuse = (): never => {
    throw new Error(JSON.stringify({ code: 'invalid_key', message: 'no key' }));
  };
  const bad = tick.write(refuse, last);
  const fine = tick.write(enqueue, last);
  await rejected(bad, 'invalid_key');
  await fine;
  assert.deepEqual(state.commits, [1]);
});

test('a commit that fails as a whole rejects every write in it', async () => {
  const failure = new Error(JSON.stringify({ code: 'unavailable', message: 'gone', maybeCommitted: true }));
  for (const answer of [() => { throw failure; }, () => Promise.reject(failure)]) {
    const { fabric, enqueue } = binding(answer);
    const tick = new Tick(fabric);
    const writes = [tick.write(enqueue, last), tick.write(enqueue, last)];
    for (const write of writes) assert.equal((await rejected(write, 'unavailable')).maybeCommitted, true);
  }
});

test('a read of a key that is being written waits and asks again', async () => {
  let finish = (): void => {};
  const { fabric, enqueue, state } = binding(
    (batches) => new Promise((resolve) => { finish = () => resolve(good(batches)); }),
    () => new Promise((resolve) => setImmediate(() => (finish(), resolve()))),
  );
  const tick = new Tick(fabric);
  const write = tick.write(enqueue, last);
  let asked = 0;
  const answer = tick.read(() => (++asked === 1 ? null : 'there'));
  assert.ok(answer instanceof Promise);
  assert.equal(await answer, 'there');
  assert.equal(asked, 2);
  assert.equal(state.settled, 1);
  await write;
});

test('writers that never pause do not keep a reader waiting', async () => {
  let open = 0;
  const { fabric, enqueue, state } = binding(
    (batches) => {
      open += 1;
      return new Promise((resolve) => setImmediate(() => ((open -= 1), resolve(good(batches)))));
    },
    async () => {
      while (open > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  );
  const tick = new Tick(fabric);
  let stop = false;
  const writers = Array.from({ length: 8 }, async () => {
    while (!stop) await tick.write(enqueue, last);
  });
  for (let round = 0; round < 20; round++) assert.equal(await tick.read(() => (open > 0 ? null : 'quiet')), 'quiet');
  assert.ok(state.settled < 200, `settled ${state.settled} times`);
  stop = true;
  await Promise.all(writers);
});

test('a read that waits does not overtake a write that is held up behind another read', async () => {
  const order: string[] = [];
  const { fabric, enqueue } = binding((batches) => (order.push('commit'), good(batches)));
  const tick = new Tick(fabric);
  let asked = 0;
  const first = tick.read(() => (++asked === 1 ? null : (order.push('first'), true)));
  const write = tick.write(enqueue, last);
  const second = tick.read(() => (order.push('second'), true));
  await Promise.all([first, write, second]);
  assert.deepEqual(order, ['first', 'commit', 'second']);
});

test('an answer may be a promise, which fails with what callers are to see', async () => {
  const { fabric } = binding(good);
  const tick = new Tick(fabric);
  const ask = (): string | null | Promise<string> => Promise.resolve('there');
  assert.equal(await tick.read(ask), 'there');
  const failure = new Error(JSON.stringify({ code: 'corrupt', message: 'a page is gone' }));
  await rejected(Promise.resolve(tick.read(() => Promise.reject(failure))), 'corrupt');
  let asked = 0;
  await rejected(Promise.resolve(tick.read(() => (++asked === 1 ? null : Promise.reject(failure)))), 'corrupt');
  assert.equal(asked, 2);
});

test('a promise of another realm is as good', async () => {
  const { fabric } = binding(good);
  const foreign: Promise<string> = runInNewContext('Promise.resolve("there")');
  const answer = new Tick(fabric).read(() => foreign);
  assert.ok(answer instanceof Promise);
  assert.equal(await answer, 'there');
});

test('writes do not wait for an answer that takes long', async () => {
  const { fabric, enqueue, state } = binding(good);
  const tick = new Tick(fabric);
  let finish = (_answer: string): void => {};
  const slow = new Promise<string>((resolve) => { finish = resolve; });
  let asked = 0;
  const answer = tick.read(() => (++asked === 1 ? null : slow));
  await tick.write(enqueue, last);
  assert.equal(tick.read(() => 'at once'), 'at once');
  assert.equal(asked, 2);
  assert.deepEqual(state.commits, [1]);
  finish('done');
  assert.equal(await answer, 'done');
});

test('what fails while a read waits is what the caller sees, and writes go on', async () => {
  const { fabric, enqueue } = binding(good, () => Promise.reject(new Error(JSON.stringify({ code: 'closed', message: 'closed' }))));
  const tick = new Tick(fabric);
  await rejected(Promise.resolve(tick.read(() => null)), 'closed');
  await tick.write(enqueue, last);
});
