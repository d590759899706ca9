/** What is wrong is told by name, with its place, before anything is run; and what a step does wrong harms no other. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fabric } from 'memfabric';
import { planWorkflow, runWorkflow } from 'memfabric/workflow';

import { byId, isError, memory, statuses, workflowOf, World } from './world.ts';

const HEAD = 'name: x\nagents:\n  a: { inline: { prompt: p } }\n';
const bomb = (): string => {
  const names = 'abcdefghij';
  const lines = Array.from(names, (name, at) => `  ${name}: &${name} [${at === 0 ? '"x"' : Array(10).fill(`*${names[at - 1]}`).join(', ')}]`);
  return `name: x\nbomb:\n${lines.join('\n')}\nsteps: []\n`;
};

describe('a faulty file', { timeout: 60_000 }, () => {
  const world = new World();

  for (const [what, text, message] of [
    ['a cycle (D)', `${HEAD}steps:\n  - { id: one, agent: a, prompt: p, depends_on: [two] }\n  - { id: two, agent: a, prompt: p, depends_on: [one] }\n`, /w\.yaml:\d+:\d+: .*(one.*two|two.*one)/],
    ['a step that waits for itself (D)', `${HEAD}steps:\n  - { id: one, agent: a, prompt: p, depends_on: [one] }\n`, /w\.yaml:5:50: steps\[0\]\.depends_on\[0\]: .*itself/],
    ['an agent that there is not (V)', `${HEAD}steps:\n  - { id: one, agent: b, prompt: p }\n`, /w\.yaml:5:23: steps\[0\]\.agent: .*"b"/],
    ['no name (V)', `agents:\n  a: { inline: { prompt: p } }\nsteps:\n  - { id: one, agent: a, prompt: p }\n`, /name/],
    ['two steps of one id (V)', `${HEAD}steps:\n  - { id: one, agent: a, prompt: p }\n  - { id: one, agent: a, prompt: p }\n`, /w\.yaml:6:\d+: .*"one"/],
    ['a template of a step that there is not (TP)', `${HEAD}steps:\n  - { id: one, agent: a, prompt: "{{steps.two.output}}" }\n`, /w\.yaml:5:\d+: .*"two"/],
    ['a condition on a step that there is not (C)', `${HEAD}steps:\n  - { id: one, agent: a, prompt: p, condition: { step: two, contains: x } }\n`, /w\.yaml:5:\d+: .*"two"/],
    ['YAML that is none', `${HEAD}steps: [\n`, /w\.yaml:\d+:\d+: /],
    ['a tab', `${HEAD}steps:\n\t- id: one\n`, /w\.yaml:5:\d+: /],
    ['a YAML bomb', bomb(), /w\.yaml:\d+:\d+: /],
    ['a list where a text is', `${HEAD}steps:\n  - { id: [one], agent: a, prompt: p }\n`, /w\.yaml:5:\d+: steps\[0\]\.id/],
    ['a field that is there twice', `${HEAD}name: y\nsteps:\n  - { id: one, agent: a, prompt: p }\n`, /w\.yaml:4:\d+: .*name/],
    ['nothing', '', /./],
  ] as const) {
    test(`with ${what}`, async () => {
      await assert.rejects(world.run(world.file('w.yaml', text)), isError('invalid_value', message));
      assert.deepEqual(world.runs(), []);
    });
  }

  test('says all that is wrong at once', async () => {
    const text = `${HEAD}steps:\n  - { id: one, agent: b, prompt: p }\n  - { id: two, agent: c, prompt: p }\n`;
    await assert.rejects(world.run(world.file('w.yaml', text)), isError('invalid_value', /w\.yaml:5:.*"b"[^]*\n.*w\.yaml:6:.*"c"/));
  });

  test('that is missing, a directory, or too long', async () => {
    await assert.rejects(world.run('nowhere.yaml'), isError('not_found', /nowhere\.yaml/));
    await assert.rejects(world.run(world.directory), isError('invalid_value', /is a directory/));
    await assert.rejects(world.run(world.file('w.yaml', `${HEAD}# ${'x'.repeat(1 << 20)}`)), isError('too_large', /1,048,576/));
    await assert.rejects(world.run(world.file('w.yaml', Uint8Array.of(0xff))), isError('invalid_value', /UTF-8/));
  });

  test('whose agent has no file, or a faulty one, which is named', async () => {
    const path = world.file('w.yaml', 'name: x\nagents:\n  a: { file: agents/a.agent.md }\nsteps:\n  - { id: one, agent: a, prompt: p }\n');
    await assert.rejects(world.run(path), isError('not_found', /w\.yaml:3:\d+: agents\.a\.file: .*a\.agent\.md: it is not there/));
    world.file('agents/a.agent.md', '---\ntools: [shared_memory_read]\n---\nYou.\n');
    await assert.rejects(world.run(path), isError('invalid_value', /a\.agent\.md:2:\d+: .*read_memory/));
    world.file('agents/a.agent.md', '---\ndescription: d\n---\nYou are in a file.\n');
    const { steps } = await world.run(path, ({ agent }) => `${agent.description}: ${agent.prompt.trim()}`);
    assert.equal(steps['one']?.output, 'd: You are in a file.');
  });

  test('whose prompt wants an input that nobody gives', async () => {
    let ran = false;
    const run = world.run(workflowOf([{ id: 'one' }, { id: 'two', prompt: '{{inputs.who}}', depends_on: ['one'] }]), () => ((ran = true), ''));
    await assert.rejects(run, isError('invalid_value', /who/));
    assert.equal(ran, false);
    const { steps } = await world.run(workflowOf([{ id: 'one', prompt: '{{inputs.who}}' }]), undefined, { inputs: { who: 'me' } });
    assert.equal(steps['one']?.output, 'me', 'what is not declared is passed on');
  });
});

describe('files that are made to take long', { timeout: 60_000 }, () => {
  const world = new World();

  test('are read in time that grows with their length', async () => {
    const breaks = '\n'.repeat(500_000);
    world.file('memory.md', `a${breaks}b\n\n`);
    world.file('agents/long.md', `---\nname: a${' '.repeat(500_000)}b\n---\n`);
    world.file('agents/rule.md', 'text\n---\nname: x\n---\n');
    world.file('agents/told.md', '---\ndescription: d\nname: "x"\n---\nYou are x.\n');
    const path = world.file('w.yaml', 'name: w\nconfig:\n  agent_search_paths: [agents]\n  shared_memory: { enabled: true, initial_file: memory.md, initial_content: c }\nsteps:\n  - { id: s, agent: x, prompt: p }\n');
    const begun = Date.now();
    const { initialContent, document } = await planWorkflow(path);
    assert.ok(Date.now() - begun < 10_000);
    assert.equal(initialContent, `a${breaks}b\nc`);
    assert.equal(document.agents['x']?.prompt.trim(), 'You are x.');
  });
});

describe('a step that does not behave', { timeout: 60_000 }, () => {
  const world = new World();
  const two = workflowOf([{ id: 'bad', timeout: '300ms' }, { id: 'good' }]);

  for (const [what, doing, code, message] of [
    ['answers no text', (() => 7) as never, 'invalid_value', /it answered 7/],
    ['answers too much', () => 'x'.repeat((16 << 20) + 1), 'too_large', /more than 16,777,216 bytes/],
    ['throws something that is no error', () => Promise.reject('no'), 'error', /no/],
    ['never answers', () => new Promise<string>(() => {}), 'timeout', /timeout of 300 ms/],
    ['answers too late', () => new Promise<string>((resolve) => setTimeout(resolve, 1_000, 'late')), 'timeout', /timeout of 300 ms/],
  ] as const) {
    test(`because it ${what} fails by name, and its sibling is unharmed`, async () => {
      const result = await world.run(two, byId({ bad: doing }));
      assert.deepEqual(statuses(result), { bad: 'failed', good: 'completed' });
      assert.equal(result.steps['bad']?.error?.code, code);
      assert.match(result.steps['bad']?.error?.message ?? '', message);
    });
  }

  test('is tried again after a timeout where it may be, with a pause that grows, and for nothing else', async () => {
    const file = (fields: object): object => workflowOf([{ id: 's', retry_count: 2, ...fields }]);
    const late = await world.run(file({ timeout: '50ms' }), ({ attempt, signal }) => (attempt < 3 ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : 'at last'));
    assert.deepEqual([late.steps['s']?.output, late.steps['s']?.attempts], ['at last', 3]);
    assert.deepEqual(world.events.flatMap((event) => (event.type === 'step_retried' ? [event.after] : [])), [500, 1_000]);
    const broken = await world.run(file({}), () => {
      throw new Error('it broke');
    });
    assert.equal(broken.steps['s']?.attempts, 1);
    const said = await world.run(file({ retry_count: 1 }), ({ attempt }) => {
      if (attempt === 1) throw new Error('context deadline exceeded');
      return 'fine';
    });
    assert.equal(said.steps['s']?.attempts, 2, 'what others call a timeout is one');
  });

  test('is no reason for a listener to be heard', async () => {
    const { status } = await world.run(workflowOf([{ id: 's' }]), undefined, { onProgress: ({ type }) => { if (type === 'step_started') throw new Error('a listener that fails, as this test wants it'); } });
    assert.equal(status, 'completed');
  });

  test('answers half of a surrogate pair, which is no text, and it is replaced', async () => {
    assert.equal((await world.run(workflowOf([{ id: 's' }]), () => 'a\ud800b')).steps['s']?.output, 'a\u{fffd}b');
  });
});

describe('options', { timeout: 60_000 }, () => {
  const world = new World();

  test('that are wrong are named', async () => {
    const fabric = await world.fabric();
    const file = workflowOf([{ id: 's' }]);
    const execute = (): string => '';
    const bad = [
      [{ execute }, /`fabric`/],
      [{ fabric }, /`execute`/],
      [{ fabric, execute, imputs: {} }, /`inputs`/],
      [{ fabric, execute, inputs: { a: 1 } }, /`inputs`/],
      [{ fabric, execute, signal: 1 }, /`signal`/],
      [{ fabric, execute, auditDir: '' }, /`auditDir`/],
    ] as const;
    for (const [options, message] of bad) await assert.rejects(runWorkflow(file, options as never), isError('invalid_option', message));
    for (const source of [7, null, undefined, [], '', new URL('https://example.com/w.yaml')]) {
      await assert.rejects(runWorkflow(source as never, { fabric, execute }), isError('invalid_option', /a workflow is/));
    }
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await assert.rejects(runWorkflow(circle, { fabric, execute }), isError('invalid_value', /JSON/));
    assert.deepEqual(world.runs(), []);
  });

  test('an object is read as it is, whatever characters are in it', async () => {
    const prompt = '\0\u0001\t\r\n\u007f\u0080\u0085\u009b\u2028\ufeff\uffff\u{1f600}"\\{{';
    const { steps } = await world.run(workflowOf([{ id: 's', prompt }, { id: 'half', prompt: 'a\ud800b' }]));
    assert.equal(steps['s']?.output, prompt);
    assert.equal(steps['half']?.output, 'a\ufffdb');
  });

  test('a step may be called as what every object has', async () => {
    const { steps } = await world.run(workflowOf([{ id: '__proto__' }, { id: 'constructor' }]));
    assert.deepEqual(Object.keys(steps), ['__proto__', 'constructor']);
  });

  test('a run that nobody wants any more does not begin', async () => {
    await assert.rejects(world.run(workflowOf([{ id: 's' }]), undefined, { signal: AbortSignal.abort() }), isError('aborted'));
    assert.deepEqual(world.runs(), []);
  });

  test('a fabric in the memory of the process will do', async () => {
    const fabric = await Fabric.memory();
    const { notebook } = await world.run(workflowOf([{ id: 's' }], memory({ initial_content: '# Seed' })), undefined, { fabric });
    assert.equal(notebook, '# Seed\n');
    await fabric.close();
  });

  test('a plan reads the same file and makes nothing', async () => {
    const path = world.file('w.yaml', `${HEAD}steps:\n  - { id: one, agent: a, prompt: "{{inputs.x}}" }\n  - { id: two, agent: a, prompt: "<{{steps.one.output}}>", depends_on: [one] }\n`);
    const { levels, prompts } = await planWorkflow(path, { inputs: { x: '1' } });
    assert.deepEqual([levels, prompts], [[['one'], ['two']], { one: '1', two: '<{{steps.one.output}}>' }]);
    await assert.rejects(planWorkflow(path), isError('invalid_value', /"?x"?/));
  });
});
