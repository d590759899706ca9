/** search, and embedders that are commands. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Fabric } from 'memfabric';

import { documents, fields, Place } from './support.js';

/** The number of a's and of b's in each text. */
const EMBEDDER = `
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const count = (from, letter) => from.split(letter).length - 1;
  console.error('a model may say what it likes');
  console.log(JSON.stringify(JSON.parse(text).map((each) => [count(each, 'a'), count(each, 'b')])));
`;

describe('search', () => {
  const place = new Place();
  const node = JSON.stringify(process.execPath);

  before(async () => {
    await using fabric = await Fabric.open(join(place.folder, 'memory'));
    await fabric.global.setVectors([
      { key: 'note:a', embedding: [1, 0], metadata: { lang: 'en', page: 1 } },
      { key: 'note:b', embedding: [0, 1], metadata: { lang: 'fr', page: 2 } },
      { key: 'note:ab', embedding: [1, 1], metadata: { lang: 'en', page: 3 } },
    ]);
    await fabric.global.set('note:a', { text: 'only a' });
    await fabric.global.setVector('far', [1, 2, 3], undefined, { space: 'three' });
    await fabric.actor('ada').setVector('mine', [1, 0]);
    await writeFile(join(place.folder, 'embed.mjs'), EMBEDDER);
  });

  const keys = async (...args: string[]): Promise<unknown[]> => (await place.json('search', ...args)).map((hit) => fields(hit)['key']);

  test('a vector finds the nearest, best first', async () => {
    assert.deepEqual(await keys('[1, 0.1]'), ['note:a', 'note:ab', 'note:b']);
    assert.deepEqual(await keys('[1, 0.1]', '--top-k', '1'), ['note:a']);
    assert.deepEqual(await keys('[1, 0]', '--threshold', '0.5', '--exact'), ['note:a', 'note:ab']);
    assert.deepEqual(await keys('[0, 1]', '--filter', '{"lang":"en","page":{"$gte":2}}'), ['note:ab']);
    assert.deepEqual(await keys('[3, 2, 1]', '--space', 'three'), ['far']);
    assert.deepEqual(await keys('[1, 0]', '--actor', 'ada', '--scope', 'actor'), ['mine']);
  });

  test('for people a hit is one line: the score, the key, what is known', async () => {
    assert.equal(await place.say('search', '[1, 0]', '--top-k', '1', '--values'), '1.000\tnote:a\t{"lang":"en","page":1}\t{"text":"only a"}\n');
  });

  test('the query may be piped in', async () => {
    for (const args of [['search', '-'], ['search']]) {
      const { code, out } = await place.run([...args, '--top-k', '1', '--json'], { input: '[0, 1]\n' });
      assert.equal(code, 0);
      assert.equal(fields(documents(out)[0])['key'], 'note:b');
    }
  });

  test('--key searches with a vector that is stored', async () => {
    assert.deepEqual(await keys('--key', 'note:b', '--top-k', '2'), ['note:b', 'note:ab']);
    assert.deepEqual(await keys('--key', 'far', '--space', 'three'), ['far']);
    assert.equal((await place.run(['search', '--key', 'nope'])).code, 3);
    assert.equal((await place.run(['search', '[1, 0]', '--key', 'note:b'])).code, 2);
  });

  test('--embed-exec makes a vector of a text', async () => {
    const embed = ['--embed-exec', `${node} embed.mjs`];
    assert.deepEqual(await keys('aaa', '--top-k', '1', ...embed), ['note:a']);
    assert.deepEqual(await keys('bbb', '--top-k', '1', ...embed), ['note:b']);
    const { out } = await place.run(['search', '--json', '--top-k', '1', ...embed], { input: 'abba\n' });
    assert.equal(fields(documents(out)[0])['key'], 'note:ab');
  });

  test('the text is not seen by the shell of --embed-exec', async () => {
    await place.say('search', '$(touch pwned) `touch pwned` a', '--embed-exec', `${node} embed.mjs`);
    const { out } = await place.bash('ls');
    assert.doesNotMatch(out, /pwned/);
  });

  test('an embedder that does not work has a name for why', async () => {
    const print = (what: string): string => `${node} -p ${JSON.stringify(what)}`;
    const cases: [command: string, code: string, message: RegExp][] = [
      ['no-such-program-anywhere', 'embed_missing', /no-such-program-anywhere/],
      [`${node} -e "console.error('out of memory'); process.exit(3)"`, 'embed_failed', /ended with code 3: out of memory/],
      [`${node} -e "process.kill(process.pid, 'SIGKILL')"`, 'embed_failed', /SIGKILL|137/],
      [print("'hello'"), 'embed_output', /no JSON, but "hello/],
      [`${node} -e 0`, 'embed_output', /no JSON, but nothing/],
      [print("'{}'"), 'embed_output', /no array of vectors/],
      [print("'[]'"), 'embed_output', /0 vectors for 1 texts/],
      [print("'[[1],[2]]'"), 'embed_output', /2 vectors for 1 texts/],
      [print("'[[1,null]]'"), 'embed_output', /something else than an array of numbers/],
      [print("'x'.repeat(110_000_000)"), 'embed_output', /more than 100,000,000 characters/],
    ];
    for (const [command, code, message] of cases) {
      const outcome = await place.run(['search', 'text', '--json', '--embed-exec', command]);
      assert.deepEqual({ code: outcome.code, out: outcome.out }, { code: 1, out: '' }, command);
      const failure = fields(JSON.parse(outcome.err));
      assert.equal(failure['code'], code, command);
      assert.match(String(failure['message']), message, command);
    }
  });

  test('bad queries, filters and numbers are refused', async () => {
    const cases: [args: string[], code: string][] = [
      [['hello'], 'usage'],
      [['[1, NaN]'], 'usage'],
      [['[1, "2"]'], 'usage'],
      [['{}'], 'usage'],
      [['[]'], 'invalid_vector'],
      [['[1, 1e999]'], 'invalid_vector'],
      [['[1, 0]', '--filter', '{broken'], 'usage'],
      [['[1, 0]', '--filter', '[1]'], 'usage'],
      [['[1, 0]', '--filter', '{"page":{"$almost":2}}'], 'invalid_filter'],
      [['[1, 0]', '--top-k', 'NaN'], 'usage'],
      [['[1, 0]', '--top-k', '0'], 'usage'],
      [['[1, 0]', '--top-k', '5000'], 'invalid_option'],
      [['[1, 0]', '--threshold', 'NaN'], 'usage'],
    ];
    for (const [args, code] of cases) {
      const outcome = await place.run(['search', ...args, '--json']);
      assert.deepEqual({ code: outcome.code, out: outcome.out }, { code: 2, out: '' }, args.join(' '));
      assert.equal(fields(JSON.parse(outcome.err))['code'], code, args.join(' '));
    }
    const { code, err } = await place.run(['search', '[1, 2, 3, 4]']);
    assert.equal(code, 1);
    assert.match(err, /^memfabric: dimension_mismatch: /);
  });
});
