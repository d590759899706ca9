import assert from 'node:assert/strict';
import { memoryPromptAddendum, memoryTools } from 'memfabric';
import { fails, withFabric, type Suite } from '../support.ts';

/** The tools of a notebook, whose rules are in `npm/test/tools.test.ts`: here with a notebook, in every runtime. */
export const tools: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('a model writes in the name of its session, and reads what all wrote', async (fabric) => {
    const notebook = await fabric.workflow('wf-1').notebook({ initialContent: '# Findings' });
    const { run } = memoryTools(notebook, { agent: 'ada' });
    await notebook.write('bob', 'begun');
    const [, revision] = /^noted at revision (\d+)$/.exec(await run('write_memory', '{"entry":"the licence is MIT"}')) ?? [];
    assert.deepEqual((await notebook.entries()).map(({ author, entry }) => `${author}: ${entry}`), ['bob: begun', 'ada: the licence is MIT']);
    const text = await run('read_memory');
    assert.match(text, /^# Findings\n\[\S+Z\] \[bob\] begun\n\[\S+Z\] \[ada\] the licence is MIT\nrevision: \d+$/);
    assert.ok(text.endsWith(`revision: ${revision}`));
    assert.equal(await run('read_memory', { since: Number(revision) }), `(nothing new)\nrevision: ${revision}`);
    await notebook.write('bob', 'done');
    assert.match(await run('read_memory', { since: Number(revision) }), /^\[\S+Z\] \[bob\] done\nrevision: \d+$/);
  });

  test('an entry that a model sends again is noted once', async (fabric) => {
    const notebook = await fabric.workflow('wf-1').notebook();
    const { run } = memoryTools(notebook, { agent: 'ada' });
    const said = await run('write_memory', { entry: 'once', retry_key: 'step 1' });
    assert.equal(await run('write_memory', { entry: 'once', retry_key: 'step 1' }), said);
    assert.equal((await notebook.entries()).length, 1);
  });

  test('what the notebook refuses is told with its code', async (fabric) => {
    const notebook = await fabric.workflow('wf-1').notebook();
    const { run, write_memory: write } = memoryTools(notebook, { agent: 'ada' });
    assert.match(await run('write_memory', { entry: ' ' }), /^error \(invalid_value\): /);
    await fails('invalid_value', () => write.execute({ entry: '' }));
    assert.match(await run('write_memory', { entry: 'x', author: 'bob' }), /has no argument `author`/);
    assert.deepEqual(await notebook.entries(), []);
    await fabric.close();
    assert.match(await run('read_memory'), /^error \(closed\): /);
  });

  test('every shape has both tools', async (fabric) => {
    const made = memoryTools(await fabric.global.notebook(), { agent: 'ada' });
    const names = ['read_memory', 'write_memory'];
    assert.deepEqual(made.openai().map(({ function: { name } }) => name), names);
    assert.deepEqual(made.responses().map(({ name }) => name), names);
    assert.deepEqual(made.anthropic().map(({ name }) => name), names);
    assert.deepEqual(Object.keys(made.ai()), names);
    const listed = made.mcp();
    assert.deepEqual(listed.map(({ name }) => name), names);
    assert.deepEqual(await listed[1]?.handler({}), { content: [{ type: 'text', text: 'error (invalid_option): write_memory needs `entry`, which is a string' }], isError: true });
    assert.match(await made.ai().write_memory.execute({ entry: 'x' }), /^noted at revision \d+$/);
    const { jsonSchema, validate } = made.ai().write_memory.inputSchema['~standard'];
    assert.equal(JSON.stringify(jsonSchema.input()), JSON.stringify(made.write_memory.inputSchema));
    assert.deepEqual(validate({ entry: 'x' }), { value: { entry: 'x' } });
    for (const name of names) assert.ok(memoryPromptAddendum().includes(name));
  });
};
