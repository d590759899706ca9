/** Which memory a command works on, and where in it. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { fields, Place } from './support.js';

describe('context', { concurrency: 2 }, () => {
  test('the memory is --memory, else MEMFABRIC_DIR, else ./memory', async () => {
    const place = new Place();
    const env = { MEMFABRIC_DIR: 'from-env' };
    await place.say('set', 'where', 'default');
    await place.run(['set', 'where', 'env'], { env });
    await place.run(['set', 'where', 'option', '--memory', 'from-option'], { env });
    for (const name of ['memory', 'from-env', 'from-option']) assert.ok(existsSync(join(place.folder, name, 'memory.db')), name);
    assert.equal(await place.say('get', 'where'), 'default\n');
    assert.equal((await place.run(['get', 'where'], { env })).out, 'env\n');
    assert.equal((await place.run(['--memory', 'from-option', 'get', 'where'], { env })).out, 'option\n');
    assert.equal((await place.run(['get', 'where'], { env: { MEMFABRIC_DIR: '' } })).out, 'default\n');
  });

  test('workflow, session and actor make the context: a write goes to the narrowest, a read looks from narrow to wide', async () => {
    const place = new Place();
    const all = ['--workflow', 'wf-1', '--session', 's-1', '--actor', 'ada'];
    await place.say('set', 'language', 'en', '--actor', 'ada');
    assert.equal(await place.say('get', 'language', ...all), 'en\n');
    await place.say('set', 'language', 'fr', ...all);
    assert.equal(await place.say('get', 'language', ...all), 'fr\n');
    assert.equal(await place.say('get', 'language', '--workflow', 'wf-1'), 'fr\n');
    assert.equal(await place.say('get', 'language', '--actor', 'ada'), 'en\n');
    assert.equal((await place.run(['get', 'language'])).code, 3);
  });

  test('--scope picks one of the context', async () => {
    const place = new Place();
    const context = ['--workflow', 'wf-1', '--actor', 'ada'];
    await place.say('set', 'x', 'workflow', ...context);
    await place.say('set', 'x', 'actor', ...context, '--scope', 'actor');
    await place.say('set', 'x', 'global', ...context, '--scope', 'global');
    for (const scope of ['workflow', 'actor', 'global']) assert.equal(await place.say('get', 'x', ...context, '--scope', scope), `${scope}\n`);
    const { code, err } = await place.run(['get', 'x', ...context, '--scope', 'session']);
    assert.equal(code, 2);
    assert.match(err, /--session/);
    assert.equal((await place.run(['get', 'x', '--scope', 'planet'])).code, 2);
  });

  test('the context comes from variables too, and options go before them', async () => {
    const place = new Place();
    const env = { MEMFABRIC_WORKFLOW: 'wf-1', MEMFABRIC_SESSION: 's-1', MEMFABRIC_ACTOR: 'ada', MEMFABRIC_AGENT: 'scout' };
    await place.run(['set', 'a', '1'], { env });
    await place.run(['set', 'b', '1', '--scope', 'session', '--agent', 'other', '--session', 's-2'], { env });
    await place.run(['set', 'c', '1', '--scope', 'actor'], { env });
    const { out } = await place.run(['watch', '*', '--from', '0', '--limit', '3', '--json'], { env: {} });
    const events = out.trim().split('\n').map((line) => fields(JSON.parse(line)));
    assert.deepEqual(events.map(({ scope, scope_id: id }) => `${String(scope)}/${String(id)}`), ['workflow/wf-1', 'session/s-2', 'actor/ada']);
    assert.deepEqual(events[0]?.['metadata'], { agent_id: 'scout', workflow_id: 'wf-1', session_id: 's-1', actor_id: 'ada' });
    assert.equal(fields(events[1]?.['metadata'])['agent_id'], 'other');
    const unset = { MEMFABRIC_WORKFLOW: '', MEMFABRIC_SESSION: '', MEMFABRIC_ACTOR: '', MEMFABRIC_AGENT: '' };
    await place.run(['set', 'd', '1'], { env: unset });
    assert.equal(await place.say('get', 'd', '--scope', 'global'), '1\n');
  });

  test('an agent has a name that an agent can have', async () => {
    const { code, err } = await new Place().run(['set', 'a', '1', '--agent', 'not an id']);
    assert.equal(code, 2);
    assert.match(err, /an agent id is/);
  });

  test('who reads a memory that is not there is told so, and none is made', async () => {
    const place = new Place();
    await mkdir(join(place.folder, 'unrelated'));
    const commands = [['get', 'a'], ['delete', 'a'], ['list'], ['watch', '*'], ['history'], ['search', '[1]'], ['stats'], ['backup', 'copy']];
    for (const memory of ['nowhere', 'unrelated']) {
      for (const command of commands) {
        const { code, out, err } = await place.run([...command, '--memory', memory]);
        assert.deepEqual({ code, out }, { code: 3, out: '' }, command.join(' '));
        assert.match(err, new RegExp(`^memfabric: not_found: there is no memory in ${memory}`));
      }
    }
    assert.equal(existsSync(join(place.folder, 'nowhere')), false);
    assert.equal(existsSync(join(place.folder, 'unrelated', 'memory.db')), false);
  });
});
