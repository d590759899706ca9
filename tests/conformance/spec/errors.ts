import assert from 'node:assert/strict';
import { MemoryError } from 'memfabric';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** Errors are one class with a closed set of codes. */
export const errors: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('an error is a MemoryError and an Error, with a code, a message and a stack', async (fabric) => {
    const error = await fails('invalid_key', () => fabric.global.get(''));
    assert.ok(error instanceof Error);
    assert.equal(error.name, 'MemoryError');
    assert.ok(error.message.length > 0 && !error.message.startsWith('{'));
    assert.ok(some(error.stack).includes(error.message));
    assert.equal('revision' in error, false);
    assert.equal('maybeCommitted' in error, false);
  });

  t('an error of another copy of the package is recognised, anything else is not', async () => {
    const foreign = Object.create({ [Symbol.for('memfabric.MemoryError')]: true });
    assert.ok(foreign instanceof MemoryError);
    for (const other of [new Error('x'), {}, null, undefined, 'MemoryError', Object.assign(new Error('x'), { code: 'conflict' })]) {
      assert.equal((other as unknown) instanceof MemoryError, false);
    }
  });

  test('what returns a promise never throws at once', async (fabric) => {
    const memory = fabric.global;
    const nothing: never = undefined as never;
    const promises = [
      memory.set(nothing, nothing), memory.get(nothing), memory.entry(nothing), memory.has(nothing), memory.delete(nothing),
      memory.list(5 as never), memory.update(nothing, nothing), memory.increment(nothing), memory.append(nothing, nothing),
      memory.batch(nothing), memory.clear(5 as never), memory.setVector(nothing, nothing), memory.getVector(nothing),
      memory.deleteVector(nothing), memory.searchVector(nothing), memory.history(5 as never), fabric.agent('a').call(nothing),
      fabric.backup(nothing),
    ];
    for (const result of await Promise.allSettled(promises)) {
      assert.equal(result.status, 'rejected');
      assert.ok(result.reason instanceof MemoryError, String(result.reason));
    }
  });

  test('an error of a function that is handed over is passed on as it is', async (fabric) => {
    const own = new TypeError('mine');
    const thrown = await fabric.global.update('k', () => Promise.reject(own)).catch((error: unknown) => error);
    assert.equal(thrown, own);
    assert.equal(await fabric.global.has('k'), false);
  });

  test('a conflict tells the revision that stands, 0 where nothing does', async (fabric) => {
    const { revision } = await fabric.global.set('k', 1);
    assert.equal((await fails('conflict', () => fabric.global.set('k', 2, { ifAbsent: true }))).revision, revision);
    assert.equal((await fails('conflict', () => fabric.global.set('other', 2, { ifRevision: 5 }))).revision, 0);
  });
};
