import assert from 'node:assert/strict';
import { fails, withFabric, type Suite } from '../support.ts';

/** Opening, figures, and closing. */
export const lifecycle: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('after close everything fails as closed', async (fabric) => {
    const memory = fabric.memory({ sessionId: 's' });
    const agent = fabric.agent('a');
    await memory.set('k', 1);
    await fabric.close();
    const calls: (() => unknown)[] = [
      () => memory.set('k', 1), () => memory.get('k'), () => memory.entry('k'), () => memory.has('k'), () => memory.delete('k'),
      () => memory.list(), () => memory.update('k', () => 1), () => memory.increment('k'), () => memory.append('k', [1]),
      () => memory.batch([{ type: 'delete', key: 'k' }]), () => memory.clear({}), () => memory.setVector('k', [1]),
      () => memory.getVector('k'), () => memory.deleteVector('k'), () => memory.searchVector([1]), () => memory.history(),
      () => memory.setVectors([{ key: 'k', embedding: [1] }]), () => memory.searchVectors([[1]]),
      () => memory.watch('k'), () => fabric.watch('k'), () => agent.watchMemory('k', () => {}), () => agent.call('a.b'),
      () => fabric.stats(), () => fabric.flush(),
    ];
    for (const call of calls) await fails('closed', call).catch((error: unknown) => assert.fail(`${call}: ${String(error)}`));
  });

  test('closing twice is fine, at once or one after the other', async (fabric) => {
    await Promise.all([fabric.close(), fabric.close()]);
    await fabric.close();
    await fabric[Symbol.asyncDispose]();
  });

  test('figures tell what there is', async (fabric) => {
    const before = await fabric.stats();
    assert.equal(before.entries, 0);
    await fabric.global.set('a', 1);
    const { revision } = await fabric.global.set('b', 2);
    const stats = await fabric.stats();
    assert.equal(stats.entries, 2);
    assert.equal(stats.revision, revision);
    assert.ok(stats.log_events >= 2);
    assert.equal(typeof stats.engine, 'string');
    assert.ok(Object.values(stats).every((value) => value !== null));
  });

  test('flush resolves, with and without anything to flush', async (fabric) => {
    await fabric.flush();
    void fabric.global.set('k', 1);
    await fabric.flush();
    assert.equal(await fabric.global.get('k'), 1);
  });

  test('two fabrics opened apart share nothing', async (fabric) => {
    const other = await open();
    await fabric.global.set('k', 1);
    assert.equal(await other.global.get('k'), undefined);
    await other.close();
    assert.equal(await fabric.global.get('k'), 1);
  });
};
