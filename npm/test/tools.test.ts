import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryError } from '../src/api/errors.ts';
import { memoryPromptAddendum } from '../src/api/tools/addendum.ts';
import type { Notes } from '../src/api/tools/notebook.ts';
import { argsOf, schemaOf } from '../src/api/tools/schema.ts';
import { memoryTools } from '../src/api/tools/tools.ts';

/** A notebook that writes down what it is asked to do. */
function notes(text = '', revision = 0): Notes & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    snapshot: async (options) => {
      asked.push(['snapshot', options]);
      return { text, revision };
    },
    write: async (...args) => {
      asked.push(['write', ...args]);
      return { revision: 7 };
    },
  };
}

test('T1 there is a tool that is called read_memory, with a description', () => {
  const { read_memory: tool } = memoryTools(notes(), { agent: 'ada' });
  assert.equal(tool.name, 'read_memory');
  assert.match(tool.description, /notebook/);
  assert.deepEqual(Object.keys(tool.inputSchema.properties), ['since']);
  assert.deepEqual(tool.inputSchema.required, []);
  assert.equal(tool.inputSchema.additionalProperties, false);
});

test('T2 there is a tool that is called write_memory, with a description', () => {
  const { write_memory: tool } = memoryTools(notes(), { agent: 'ada' });
  assert.equal(tool.name, 'write_memory');
  assert.match(tool.description, /Adds an entry/);
  assert.deepEqual(Object.keys(tool.inputSchema.properties), ['entry', 'retry_key']);
  assert.deepEqual(tool.inputSchema.required, ['entry']);
  assert.equal(tool.inputSchema.additionalProperties, false);
});

test('T3 the addendum of a system prompt names both tools, in three points', () => {
  const text = memoryPromptAddendum();
  assert.match(text, /`read_memory`/);
  assert.match(text, /`write_memory`/);
  assert.equal(text.split('\n').filter((line) => line.startsWith('- ')).length, 3);
});

test('read_memory answers the text and, last, its revision', async () => {
  const notebook = notes('# Plan\n[2026-03-30T12:34:56Z] [bob] begun\n', 12);
  const tools = memoryTools(notebook, { agent: 'ada' });
  assert.equal(await tools.run('read_memory'), '# Plan\n[2026-03-30T12:34:56Z] [bob] begun\nrevision: 12');
  assert.equal(await tools.run('read_memory', '{"since":3}'), '# Plan\n[2026-03-30T12:34:56Z] [bob] begun\nrevision: 12');
  assert.deepEqual(notebook.asked, [['snapshot', {}], ['snapshot', { since: 3 }]]);
});

test('read_memory says so where nothing is noted, and where nothing is new', async () => {
  const tools = memoryTools(notes('', 4), { agent: 'ada' });
  assert.equal(await tools.run('read_memory', {}), '(nothing is noted yet)\nrevision: 4');
  assert.equal(await tools.run('read_memory', { since: 4 }), '(nothing new)\nrevision: 4');
});

test('of a long notebook read_memory gives the newest entries, whole, and says what is missing', async () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `[2026-03-30T12:34:56Z] [bob] entry ${at}\n  its second line\n`);
  const text = await memoryTools(notes(lines.join(''), 9), { agent: 'ada' }).run('read_memory');
  assert.ok(text.length < 101_000);
  const [notice, first] = text.split('\n');
  assert.match(notice ?? '', /^\(the oldest \d+ characters are left out\)$/);
  assert.match(first ?? '', /^\[2026-03-30T12:34:56Z\] \[bob\] entry \d+$/);
  assert.ok(text.endsWith('entry 4999\n  its second line\nrevision: 9'));
});

test('an entry that is too long for read_memory is cut between characters', async () => {
  for (const before of ['', '.']) {
    const text = await memoryTools(notes(`${before}${'\u{1f600}'.repeat(60_000)}\n`, 9), { agent: 'ada' }).run('read_memory');
    assert.ok(text.isWellFormed() && text.length < 101_000);
  }
});

test('write_memory writes in the name of the session and answers the revision', async () => {
  const notebook = notes();
  const tools = memoryTools(notebook, { agent: 'ada' });
  assert.equal(await tools.run('write_memory', '{"entry":"the licence is MIT"}'), 'noted at revision 7');
  assert.equal(await tools.write_memory.execute({ entry: 'again', retry_key: 'k' }), 'noted at revision 7');
  assert.deepEqual(notebook.asked, [['write', 'ada', 'the licence is MIT', {}], ['write', 'ada', 'again', { retryKey: 'k' }]]);
});

test('no argument says who writes', async () => {
  const notebook = notes();
  const tools = memoryTools(notebook, { agent: 'ada' });
  for (const name of ['agent', 'author', 'agentName', 'agent_name', 'from']) {
    assert.match(await tools.run('write_memory', { entry: 'x', [name]: 'bob' }), /^error \(invalid_option\): write_memory has no argument/);
  }
  assert.deepEqual(notebook.asked, []);
});

test('what a model got wrong is told so that it can mend it', async () => {
  const { run } = memoryTools(notes(), { agent: 'ada' });
  assert.equal(await run('read_memry'), 'error (invalid_option): no tool is called `read_memry`: did you mean `read_memory`?');
  assert.equal(await run('shell'), 'error (invalid_option): no tool is called `shell`: there are `read_memory`, `write_memory`');
  assert.equal(await run('write_memory', { entri: 'x' }), 'error (invalid_option): write_memory has no argument `entri`: did you mean `entry`?');
  assert.equal(await run('write_memory', {}), 'error (invalid_option): write_memory needs `entry`, which is a string');
  assert.equal(await run('write_memory', { entry: 5 }), 'error (invalid_option): `entry` of write_memory is a string, not 5');
  assert.equal(await run('read_memory', { since: -1 }), 'error (invalid_option): `since` of read_memory is a whole number, 0 or more, not -1');
  assert.equal(await run('read_memory', { since: '3' }), 'error (invalid_option): `since` of read_memory is a whole number, 0 or more, not "3"');
  assert.equal(await run('read_memory', [3]), 'error (invalid_option): read_memory takes an object of arguments, not an array');
  assert.match(await run('read_memory', '{"since":'), /^error \(invalid_option\): the arguments of read_memory are no JSON: [^\n]+$/);
});

test('what a model leaves out may be null or missing, and no arguments may be no text', async () => {
  const notebook = notes();
  const { run } = memoryTools(notebook, { agent: 'ada' });
  await run('read_memory', '');
  await run('read_memory', '{"since":null}');
  await run('write_memory', { entry: 'x', retry_key: null });
  assert.deepEqual(notebook.asked, [['snapshot', {}], ['snapshot', {}], ['write', 'ada', 'x', {}]]);
});

test('what the memory fails with is told in one line, and a stack never', async () => {
  const failing = (error: unknown): Notes => ({ snapshot: () => Promise.reject(error), write: () => Promise.reject(error) });
  const closed = memoryTools(failing(new MemoryError('closed', 'the fabric was closed')), { agent: 'ada' });
  assert.equal(await closed.run('read_memory'), 'error (closed): the fabric was closed');
  const broken = memoryTools(failing(new TypeError('x is not a function')), { agent: 'ada' });
  assert.equal(await broken.run('write_memory', { entry: 'x' }), 'error: x is not a function');
  await assert.rejects(closed.write_memory.execute({ entry: 'x' }), { code: 'closed' });
});

test('whoever asks for tools says whose they are', () => {
  for (const options of [undefined, {}, { agent: '' }, { agent: 3 }]) {
    assert.throws(() => Reflect.apply(memoryTools, undefined, [notes(), options]), { code: 'invalid_option' });
  }
});

test('the strict shapes name every argument, and let be null what may be left out', () => {
  const tools = memoryTools(notes(), { agent: 'ada' });
  for (const { function: one } of tools.openai()) {
    assert.equal(one.strict, true);
    assert.deepEqual(one.parameters.required, Object.keys(one.parameters.properties));
    assert.equal(one.parameters.additionalProperties, false);
  }
  const [read, write] = tools.responses();
  assert.deepEqual(Object.values(read?.parameters.properties ?? {}).map((property) => Reflect.get(property, 'type')), [['integer', 'null']]);
  assert.deepEqual(Object.values(write?.parameters.properties ?? {}).map((property) => Reflect.get(property, 'type')), ['string', ['string', 'null']]);
});

test('what is done to a shape does not change the tools', async () => {
  const tools = memoryTools(notes(), { agent: 'ada' });
  for (const { input_schema: schema } of tools.anthropic()) schema.properties = {};
  for (const { inputSchema: schema } of tools.mcp()) schema.required.push('since');
  assert.deepEqual(Object.keys(tools.anthropic()[1]?.input_schema.properties ?? {}), ['entry', 'retry_key']);
  assert.equal(await tools.run('write_memory', { entry: 'x' }), 'noted at revision 7');
});

test('arguments of every type are checked', () => {
  const about = { description: 'x' };
  const schema = schemaOf(
    {
      any: about,
      text: { ...about, type: 'string' },
      one: { ...about, type: 'string', enum: ['a', 'b'] },
      flag: { ...about, type: 'boolean' },
      whole: { ...about, type: 'integer', minimum: 1, maximum: 9 },
      number: { ...about, type: 'number' },
      list: { ...about, type: 'array', items: { type: 'number' } },
      object: { ...about, type: 'object' },
    },
    ['any'],
  );
  const good = { any: null, text: 'x', one: 'a', flag: false, whole: 9, number: 0.5, list: [1, 2], object: { a: 1 } };
  assert.deepEqual(argsOf('t', schema, good), good);
  const bad: Record<string, unknown[]> = {
    text: [1],
    one: ['c', 1],
    flag: ['true', 0],
    whole: [0, 10, 1.5, Number.NaN],
    number: ['1', Infinity],
    list: ['1', [1, '2'], [Number.NaN]],
    object: [[], 'x'],
    toString: ['x'],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) assert.throws(() => argsOf('t', schema, { any: 1, [name]: value }), { code: 'invalid_option' }, `${name} ${value}`);
  }
  assert.throws(() => argsOf('t', schema, {}), /t needs `any`, which is any JSON value/);
  assert.throws(() => argsOf('t', schema, { any: 1, one: 'c' }), /`one` of t is one of "a", "b", not "c"/);
});
