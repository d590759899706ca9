/** Completion, in the bash that is here. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { noBash, Place } from './support.js';

describe('completion in bash', { skip: noBash }, () => {
  const place = new Place();
  let script = '';

  before(async () => {
    script = await place.say('completion', 'bash');
  });

  /** What bash offers behind these words, the last of which has only begun. */
  async function offered(...words: string[]): Promise<string[]> {
    const list = ['memfabric', ...words].map((word) => `'${word}'`).join(' ');
    const { code, out, err } = await place.bash(
      `set -eu; eval "$SCRIPT"; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _memfabric; printf '%s\\n' "\${COMPREPLY[@]-}"; complete -p memfabric >&2`,
      { env: { SCRIPT: script } },
    );
    assert.equal(code, 0, err);
    assert.match(err, /-F _memfabric memfabric/);
    return out.split('\n').filter((word) => word !== '');
  }

  test('commands', async () => {
    const all = await offered('');
    for (const name of ['get', 'set', 'watch', 'completion', 'help']) assert.ok(all.includes(name), name);
    assert.ok(all.every((word) => !word.startsWith('-')));
    assert.deepEqual(await offered('s'), ['set', 'search', 'stats']);
    assert.deepEqual(await offered('--memory', 'somewhere', 'wa'), ['watch']);
    assert.deepEqual(await offered('help', 'ba'), ['backup']);
    assert.deepEqual(await offered('notebook', ''), ['write', 'read', 'entries', 'watch', 'path']);
  });

  test('options of the command, and those of all', async () => {
    assert.deepEqual(await offered('set', 'key', '--if'), ['--if-revision', '--if-absent']);
    assert.deepEqual(await offered('search', '--t'), ['--top-k', '--threshold']);
    assert.deepEqual(await offered('get', '--work'), ['--workflow']);
    assert.deepEqual(await offered('--j'), ['--json']);
    assert.deepEqual(await offered('notebook', 'write', '--re'), ['--retry-key']);
    // The value of an option is not taken for the command.
    assert.deepEqual(await offered('--workflow', 'set', 'get', '--ent'), ['--entry']);
  });

  test('what options and arguments take', async () => {
    assert.deepEqual(await offered('get', 'a', '--scope', ''), ['workflow', 'session', 'actor', 'global']);
    assert.deepEqual(await offered('completion', 'z'), ['zsh']);
    assert.deepEqual(await offered('set', 'a', '--ttl', ''), []);
    await place.say('set', 'a', '1');
    assert.deepEqual(await offered('get', '--memory', 'me'), ['memory']);
  });
});

describe('completion elsewhere', () => {
  const place = new Place();

  test('zsh and fish get a script that names every command', async () => {
    for (const shell of ['zsh', 'fish']) {
      const script = await place.say('completion', shell);
      for (const word of ['get', 'backup', 'if-revision', 'workflow']) assert.ok(script.includes(word), `${shell}: ${word}`);
    }
    assert.equal((await place.run(['completion', 'tcsh'])).code, 2);
  });
});
