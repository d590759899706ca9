import assert from 'node:assert/strict';
import { fails, some, withFabric, type Open, type Suite } from '../support.ts';

/** Texts in the place of vectors. */
export const embedders: Suite = (open, t) => {
  const letters = (text: string): number[] => ['a', 'b', 'c'].map((letter) => text.split(letter).length - 1);
  const calls: string[][] = [];
  const openWith: Open = () =>
    open({
      embed: async (texts) => {
        calls.push(texts);
        await Promise.resolve();
        return texts.map(letters);
      },
    });
  const test = withFabric(openWith, t);

  test('texts are set and searched', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('x', 'aab', { text: 'aab' });
    await memory.setVector('y', 'c');
    await memory.batch([{ type: 'setVector', key: 'z', embedding: 'bbb', metadata: { text: 'bbb' } }]);
    assert.deepEqual([...some(await memory.getVector('x')).embedding], [2, 1, 0]);
    assert.deepEqual((await memory.searchVector('b')).map(({ key }) => key), ['z', 'x', 'y']);
    assert.deepEqual((await memory.searchVector([0, 0, 1])).map(({ key }) => key)[0], 'y');
  });

  test('texts of one tick are embedded together', async (fabric) => {
    calls.length = 0;
    await Promise.all([fabric.global.setVector('x', 'a'), fabric.global.setVector('y', 'b'), fabric.global.searchVector('c')]);
    assert.deepEqual(calls, [['a', 'b', 'c']]);
  });

  test('calls on vectors stay in order though some wait for the embedder', async (fabric) => {
    const memory = fabric.global;
    void memory.setVector('x', 'a', { version: 1 });
    void memory.setVector('x', [0, 1, 0], { version: 2 });
    const hits = memory.searchVector([0, 1, 0]);
    void memory.setVector('y', 'c');
    void memory.deleteVector('x');
    const gone = memory.getVector('x');
    const cleared = memory.clear({});
    assert.deepEqual((await hits).map(({ key, metadata }) => [key, metadata]), [['x', { version: 2 }]]);
    assert.equal(await gone, undefined);
    assert.equal(await cleared, 1);
  });

  test('a vector may be changed at once though the call waits for a text', async (fabric) => {
    const memory = fabric.global;
    const numbers = new Float32Array([1, 2, 3]);
    void memory.setVector('x', 'a');
    const set = memory.setVector('y', numbers);
    numbers.fill(0);
    await set;
    assert.deepEqual([...some(await memory.getVector('y')).embedding], [1, 2, 3]);
  });

  t('without an embedder a text is refused, and the message says how', async () => {
    const fabric = await open();
    await fails('invalid_vector', () => fabric.global.setVector('x', 'text'), /embed/);
    await fails('invalid_vector', () => fabric.global.searchVector('text'), /embed/);
    await fails('invalid_vector', () => fabric.global.batch([{ type: 'setVector', key: 'x', embedding: 'text' }]), /embed/);
    await fabric.close();
  });

  t('bad answers of an embedder are refused', async () => {
    const answers: unknown[] = [undefined, 'text', [], [[1], [2]], [['1']], [[NaN]], [5], [[]]];
    for (const answer of answers) {
      const fabric = await open({ embed: () => answer as number[][] });
      await fails('invalid_vector', () => fabric.global.setVector('x', 'text'));
      await fails('invalid_vector', () => fabric.global.searchVector('text'));
      await fabric.global.setVector('y', [1]);
      await fabric.close();
    }
  });

  t('what an embedder fails with is passed on, and later calls go on', async () => {
    const own = new Error('no model');
    const fabric = await open({ embed: () => Promise.reject(own) });
    const failing = fabric.global.setVector('x', 'text').catch((error: unknown) => error);
    const fine = fabric.global.setVector('y', [1]);
    assert.equal(await failing, own);
    await fine;
    assert.equal((await fabric.global.searchVector([1])).length, 1);
    await fabric.close();
  });

  t('an embedder is a function', async () => {
    // @ts-expect-error a function
    await fails('invalid_option', () => open({ embed: 'model' }));
  });
};
