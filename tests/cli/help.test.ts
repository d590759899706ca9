/** Help, version, suggestions. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { fields, Place, root } from './support.js';

/** The commands that the help of the whole names. */
export async function commands(place: Place): Promise<string[]> {
  const [, list = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(await place.say('--help')) ?? [];
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
}

describe('help', { concurrency: 2 }, () => {
  const place = new Place();

  test('the help of the whole has the commands, examples and exit codes', async () => {
    const help = await place.say('--help');
    for (const name of ['get', 'set', 'delete', 'list', 'watch', 'history', 'search', 'stats', 'backup', 'completion', 'help']) assert.match(help, new RegExp(`^  ${name} `, 'm'));
    assert.match(help, /^Examples:\n {2}\$ memfabric set /m);
    for (const code of [0, 1, 2, 3, 4, 130]) assert.match(help, new RegExp(`^  ${code} +\\S`, 'm'));
    assert.equal(await place.say('-h'), help);
    assert.equal(await place.say('help'), help);
  });

  test('every command has help of its own, with examples and the common options', async () => {
    const names = (await commands(place)).filter((name) => name !== 'help');
    assert.ok(names.length >= 10);
    for (const name of names) {
      const help = await place.say(name, '--help');
      assert.match(help, new RegExp(`^Usage: memfabric ${name} `));
      assert.match(help, /^Examples:\n {2}(\$ .*memfabric|eval)/m, name);
      assert.match(help, /--memory <dir>/, name);
      assert.equal(await place.say('help', name), help);
    }
  });

  test('the commands of the notebook have theirs', async () => {
    for (const name of ['write', 'read', 'entries', 'watch', 'path']) {
      const help = await place.say('help', 'notebook', name);
      assert.match(help, new RegExp(`^Usage: memfabric notebook ${name} `));
      assert.match(help, /^Examples:\n {2}\$ .*memfabric notebook/m, name);
      assert.match(help, /--dir <dir>/, name);
    }
    const { code, err } = await place.run(['notebook']);
    assert.equal(code, 2);
    assert.match(err, /^Usage: memfabric notebook /);
    assert.match((await place.run(['notebook', 'wirte', 'a'])).err, /Did you mean write\?/);
  });

  test('the version is that of the package', async () => {
    const manifest = fields(JSON.parse(await readFile(join(root, 'npm', 'package.json'), 'utf8')));
    assert.equal(await place.say('--version'), `${String(manifest['version'])}\n`);
  });

  test('an unknown command or option names the nearest', async () => {
    for (const [args, meant] of [[['gett', 'a'], 'get'], [['serach'], 'search'], [['list', '--perfix', 'a'], '--prefix'], [['get', 'a', '--jsn'], '--json']] as const) {
      const { code, err } = await place.run(args);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`Did you mean ${meant}\\?`), err);
    }
    assert.equal((await place.run(['help', 'nonsense'])).code, 2);
  });

  test('no command at all shows the help on stderr', async () => {
    const { code, out, err } = await place.run([]);
    assert.deepEqual({ code, out }, { code: 2, out: '' });
    assert.match(err, /^Usage: memfabric /);
  });
});
