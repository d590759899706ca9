/** The defects of goflow's workflows, 15 to 24 of our list of facts about it: each has a test that would catch it. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { barrier, byId, fails, isError, memory, statuses, workflowOf, World } from './world.ts';

const FOOTER = '--- End Shared Memory ---\n\n';

describe('the defects of goflow', { timeout: 120_000 }, () => {
  const world = new World();

  test('15 `enabled: true` does something: a notebook, its tools, its file', async () => {
    const { notebook, auditDir } = await world.run(workflowOf([{ id: 's' }], memory({ initial_content: '# Seed' })), async ({ tools }) => {
      return (await tools?.run('write_memory', { entry: 'found it' })) ?? 'no tools';
    });
    assert.match(notebook ?? '', /^# Seed\n\[\S+Z\] \[a\] found it\n$/);
    assert.equal(world.read(auditDir, 'memory.md'), notebook);
  });

  test('15 and where it is not enabled, what is set besides is warned of, and nothing happens', async () => {
    const file = workflowOf([{ id: 's' }], { config: { shared_memory: { initial_content: '# Seed', inject_into_prompt: true } } });
    const { notebook, auditDir, warnings, steps } = await world.run(file, ({ tools, prompt }) => `${typeof tools} ${prompt}`);
    assert.equal(notebook, undefined);
    assert.equal(steps['s']?.output, 'undefined s');
    assert.equal(existsSync(join(auditDir, 'memory.md')), false);
    assert.equal(warnings.length, 2);
    assert.ok(warnings.every(({ line, column, message }) => line > 1 && column > 1 && message.includes('enabled')));
    assert.equal(world.warnings().length, 2);
  });

  test('16 a list of tools has those of the notebook added, and may name them', async () => {
    const file = {
      ...workflowOf([{ id: 'x', agent: 'some' }, { id: 'y', agent: 'named' }, { id: 'z', agent: 'any' }], memory()),
      agents: { some: { inline: { prompt: '', tools: ['grep'] } }, named: { inline: { prompt: '', tools: ['read_memory', 'write_memory'] } }, any: { inline: { prompt: '' } } },
    };
    const { steps } = await world.run(file, ({ step, tools }) => JSON.stringify([step.tools, Object.keys(tools ?? {}).filter((name) => name.endsWith('_memory'))]));
    const both = ['read_memory', 'write_memory'];
    assert.deepEqual(JSON.parse(steps['x']?.output ?? ''), [['grep', ...both], both]);
    assert.deepEqual(JSON.parse(steps['y']?.output ?? ''), [both, both]);
    assert.deepEqual(JSON.parse(steps['z']?.output ?? ''), [null, both]);
  });

  test('17 end to end: what one step notes stands in the prompt of the next', async () => {
    const prompts: string[] = [];
    const file = workflowOf([{ id: 'one' }, { id: 'two', agent: 'b', depends_on: ['one'] }], memory({ inject_into_prompt: true, initial_content: '# Seed' }));
    await world.run(file, async ({ prompt, tools, step }) => {
      prompts.push(prompt);
      await tools?.run('write_memory', { entry: `from ${step.id}` });
      return 'done';
    });
    assert.match(prompts[0] ?? '', /^--- Shared Memory .*\n# Seed\n\n--- End Shared Memory ---\n\none$/);
    assert.match(prompts[1] ?? '', /\n\[\S+Z\] \[a\] from one\n\n--- End Shared Memory ---\n\ntwo$/);
  });

  test('18 siblings see each other while all of them run', async () => {
    const all = barrier(3);
    const { steps, notebook } = await world.run(workflowOf(['x', 'y', 'z'].map((id) => ({ id, agent: id === 'x' ? 'a' : 'b' })), memory()), async ({ tools, step }) => {
      await tools?.run('write_memory', { entry: `by ${step.id}` });
      await all();
      return (await tools?.run('read_memory')) ?? '';
    });
    for (const id of ['x', 'y', 'z']) for (const other of ['x', 'y', 'z']) assert.ok(steps[id]?.output.includes(`by ${other}`), `${id} has read what ${other} noted`);
    assert.equal(notebook?.trim().split('\n').length, 3);
  });

  test('19 with the notebook in the prompt, the tools are there all the same; and each can be had without the other', async () => {
    const step = (id: string, shared_memory: object): { id: string; shared_memory: object } => ({ id, shared_memory });
    const file = workflowOf(
      [step('both', {}), step('no_tools', { tools: false }), step('no_prompt', { inject_into_prompt: false }), step('none', { inject_into_prompt: false, tools: false })],
      memory({ inject_into_prompt: true, initial_content: '# Seed' }),
    );
    const { steps } = await world.run(file, ({ prompt, tools, notebook, system }) =>
      JSON.stringify({ injected: prompt.includes(FOOTER), tools: tools !== undefined && notebook !== undefined, told: system.includes('read_memory') }),
    );
    const seen = Object.fromEntries(Object.entries(steps).map(([id, { output }]) => [id, JSON.parse(output)]));
    assert.deepEqual(seen, {
      both: { injected: true, tools: true, told: false },
      no_tools: { injected: true, tools: false, told: false },
      no_prompt: { injected: false, tools: true, told: true },
      none: { injected: false, tools: false, told: false },
    });
  });

  test('20 failures are told: a level that fails as a whole is no success', async () => {
    const { status } = await world.run(workflowOf([{ id: 'x' }, { id: 'y' }]), fails());
    assert.equal(status, 'completed_with_failures');
  });

  test('20 a condition on a step that failed does not hold, whatever it says', async () => {
    const gate = { depends_on: ['scan', 'other'], condition: { step: 'scan', not_contains: 'CRITICAL' } };
    const { steps } = await world.run(workflowOf([{ id: 'other' }, { id: 'scan' }, { id: 'release', ...gate }]), byId({ scan: fails() }));
    assert.deepEqual(statuses({ steps }), { other: 'completed', scan: 'failed', release: 'skipped' });
    assert.match(steps['release']?.reason ?? '', /scan/);
  });

  test('21 an output is never a template: what looks like one is passed on as it is', async () => {
    const trap = '{{inputs.secret}} {{steps.b.output}} {{inputs.nothing}}';
    const file = workflowOf([{ id: 'a' }, { id: 'b', depends_on: ['a'], prompt: '<{{steps.a.output}}> {{inputs.text}}' }], { inputs: { secret: { default: 's3cret' } } });
    const { steps } = await world.run(file, byId({ a: () => trap, b: ({ prompt }) => prompt }), { inputs: { text: '{{steps.a.output}}' } });
    assert.equal(steps['b']?.output, `<${trap}> {{steps.a.output}}`);
  });

  test('22 a template of a step that is not upstream is refused before anything runs, with its place', async () => {
    const path = world.file('w.yaml', 'name: x\nagents:\n  a: { inline: { prompt: p } }\nsteps:\n  - id: one\n    agent: a\n    prompt: "{{steps.two.output}}"\n  - id: two\n    agent: a\n    prompt: p\n');
    await assert.rejects(world.run(path), isError('invalid_value', /w\.yaml:7:14: steps\[0\]\.prompt: .*"two"/));
    assert.deepEqual(world.runs(), []);
  });

  test('23 `on_error` counts: `skip` goes on, `fail` stops after its level, `retry` tries again', async () => {
    const next = { id: 'next', depends_on: ['x'] };
    const skip = await world.run(workflowOf([{ id: 'x', on_error: 'skip' }, next]), byId({ x: fails() }));
    assert.deepEqual([skip.status, statuses(skip)], ['completed_with_failures', { x: 'failed', next: 'completed' }]);
    const fail = await world.run(workflowOf([{ id: 'x', on_error: 'fail' }, { id: 'y' }, next]), byId({ x: fails() }));
    assert.deepEqual([fail.status, statuses(fail)], ['failed', { x: 'failed', y: 'completed' }]);
    let tries = 0;
    const retry = await world.run(workflowOf([{ id: 'x', on_error: 'retry', retry_count: 2 }, next]), byId({ x: () => (++tries < 3 ? fails()() : 'at last') }));
    assert.deepEqual([retry.status, retry.steps['x']?.attempts, tries], ['completed', 3, 3]);
  });

  test('23 `output.truncate` cuts what later steps and the result get; all of it stays in the audit directory', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b', depends_on: ['a'], prompt: '{{steps.a.output}}' }], { output: { steps: ['a'], format: 'plain', truncate: { strategy: 'chars', limit: 5 } } });
    const { output, auditDir, steps } = await world.run(file, byId({ a: () => '0123456789', b: ({ prompt }) => prompt }));
    const cut = '01234\n... [truncated: 10 chars total, showing first 5]';
    assert.equal(output.trim(), `=== a ===\n\n${cut}`);
    assert.equal(steps['b']?.output, cut);
    assert.equal(world.read(auditDir, 'steps', '00_a', 'output.md'), '0123456789');
    assert.equal(steps['a']?.output, '0123456789');
  });

  test('24 the name of a workflow leads nowhere', async () => {
    for (const name of ['../../out', '/etc/passwd', '..', '.hidden', 'a/b\\c:d*e', 'ü'.repeat(300), 'con\u0007trol']) {
      const { auditDir } = await world.run(workflowOf([{ id: 's' }], { name }));
      assert.equal(join(auditDir, '..'), world.audits, name);
    }
    assert.deepEqual(world.runs().filter((name) => !/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_[\p{L}\d._-]+$/u.test(name)), []);
  });

  test('24 who waits for a place hears that the run is ended', async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const file = workflowOf(['a', 'b', 'c'].map((id) => ({ id })), { config: { max_concurrency: 1 } });
    const run = world.run(
      file,
      async ({ step, signal }) => {
        begun.push(step.id);
        setImmediate(() => controller.abort(new Error('enough')));
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return '';
      },
      { signal: controller.signal },
    );
    await assert.rejects(run, isError('aborted', /memfabric resume run-/));
    assert.deepEqual(begun, ['a']);
  });

  test('24 an output of "" is an output', async () => {
    const { status, steps } = await world.run(workflowOf([{ id: 's' }]), () => '');
    assert.equal(status, 'completed');
    assert.equal(steps['s']?.status, 'completed');
  });
});
