import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { apps, root, scratch, succeed } from './support.ts';

const cases: [how: string, ends: string, sentence: string][] = [
  ['none', 'ready\n', 'a script without watches ends by itself, though it does not close its fabric'],
  ['watch', 'ready\nkept alive\n', 'a script with a watch stays, until the watch is closed'],
  ['unref', 'ready\n', "a script with an unref'd watch ends by itself"],
  ['ref', 'ready\nkept alive\n', "a script stays when its watch is ref'd again"],
  ['close', 'ready\n', 'a script whose watch is closed ends by itself'],
];

for (const [how, ends, sentence] of cases) {
  test(`in memory: ${sentence}`, async () => {
    assert.equal(await succeed('node', [join(apps, 'lifetime.mjs'), how], { cwd: root }), ends);
  });
  test(`in a directory: ${sentence}`, async () => {
    assert.equal(await succeed('node', [join(apps, 'lifetime.mjs'), how, join(await scratch(), 'memory')], { cwd: root }), ends);
  });
}

test('a script that closes its fabric ends, though it has an open watch', async () => {
  const program = `import { Fabric } from 'memfabric';
    const fabric = await Fabric.open(process.argv[1]);
    fabric.agent('a').watchMemory('*', () => {});
    const loop = (async () => { for await (const event of fabric.watch('*')) console.log(event.key); })();
    await fabric.global.set('a', 1);
    await fabric.close();
    await loop;
    console.log('closed');`;
  const directory = join(await scratch(), 'memory');
  const out = await succeed('node', ['--input-type=module', '--eval', program, directory], { cwd: root });
  assert.equal(out.split('\n').at(-2), 'closed');
});
