/** Runs that were ended, and how they go on. */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { byId, fails, isError, memory, statuses, until, workflowOf, World, type StepFields } from './world.ts';

const program = fileURLToPath(new URL('runner.mjs', import.meta.url));
const chain = (...ids: string[]): StepFields[] => ids.map((id, at) => ({ id, prompt: at === 0 ? id : `${id}<{{steps.${ids[at - 1]}.output}}>`, depends_on: ids.slice(Math.max(0, at - 1), at) }));

describe('a run that was ended', { timeout: 240_000 }, () => {
  const world = new World();

  /** Runs until a step, which ends the run. */
  async function endedAt(id: string, file: object, runId = 'mine'): Promise<void> {
    const controller = new AbortController();
    const run = world.run(file, async ({ step, prompt, tools, signal }) => {
      await tools?.run('write_memory', { entry: `by ${step.id}` });
      if (step.id !== id) return prompt;
      controller.abort();
      signal.throwIfAborted();
      return once(signal, 'abort').then(() => Promise.reject(signal.reason));
    }, { signal: controller.signal, runId });
    await assert.rejects(run, isError('aborted', /memfabric resume mine/));
  }

  test('goes on where it was: steps that are over are not repeated, and notes are there', async () => {
    const file = workflowOf(chain('a', 'b', 'c'), memory());
    await endedAt('b', file);
    const ran: string[] = [];
    const { status, steps, notebook, auditDir } = await world.resume('mine', async ({ step, prompt, tools }) => {
      ran.push(step.id);
      await tools?.run('write_memory', { entry: `by ${step.id}` });
      return prompt;
    });
    assert.equal(status, 'completed');
    assert.deepEqual(ran, ['b', 'c']);
    assert.equal(steps['c']?.output, 'c<b<a>>');
    assert.deepEqual(notebook?.match(/by \w/g), ['by a', 'by b', 'by c'], 'what b had noted before is not there twice');
    assert.equal(world.read(auditDir, 'memory.md'), notebook);
    assert.equal(JSON.parse(world.read(auditDir, 'workflow.meta.json')).status, 'completed');
    assert.equal(world.runs().length, 1);
  });

  test('goes on with its own workflow and inputs, whatever became of the file', async () => {
    const path = world.file('w.yaml', JSON.stringify({ ...workflowOf([{ id: 'a', prompt: '{{inputs.x}}' }, { id: 'b', prompt: 'b{{inputs.x}}', depends_on: ['a'] }]), inputs: { x: {} } }));
    const controller = new AbortController();
    await assert.rejects(world.run(path, byId({ b: () => (controller.abort(), 'late') }), { runId: 'mine', inputs: { x: '1' }, signal: controller.signal }).then(() => {
      throw new Error('it was not ended');
    }), isError('aborted'));
    writeFileSync(path, 'something else');
    const { steps } = await world.resume('mine');
    assert.equal(steps['b']?.output, 'b1');
    rmSync(path);
    assert.equal((await world.resume('mine')).steps['b']?.output, 'b1');
  });

  test('keeps failures of a level that went on, and has outputs whole, however long', async () => {
    const long = 'x'.repeat(300_000);
    const file = workflowOf([{ id: 'bad' }, { id: 'long' }, { id: 'end', depends_on: ['bad', 'long'] }, { id: 'last', depends_on: ['end'], prompt: '{{steps.long.output}}' }]);
    const controller = new AbortController();
    const fabric = await world.fabric();
    const run = world.run(file, byId({ bad: fails(), long: () => long, end: async ({ signal }) => (controller.abort(), signal.throwIfAborted(), '') }), { runId: 'mine', signal: controller.signal, fabric });
    await assert.rejects(run, isError('aborted'));
    const entry = await fabric.workflow('mine').get<{ output: string; output_characters: number }>('steps:long');
    assert.deepEqual([entry?.output.length, entry?.output_characters], [100_000, 300_000]);
    const ran: string[] = [];
    const { status, steps } = await world.resume('mine', ({ step, prompt }) => (ran.push(step.id), prompt));
    assert.deepEqual(ran, ['end', 'last']);
    assert.equal(status, 'completed_with_failures');
    assert.equal(steps['last']?.output, long);
    assert.equal(steps['bad']?.status, 'failed');
  });

  test('that a failed step has stopped tries that step again', async () => {
    const file = workflowOf([...chain('a', 'b', 'c')]);
    const { status } = await world.run(file, byId({ b: fails() }), { runId: 'mine' });
    assert.equal(status, 'failed');
    const ran: string[] = [];
    const result = await world.resume('mine', ({ step }) => (ran.push(step.id), step.id));
    assert.equal(result.status, 'completed');
    assert.deepEqual(ran, ['b', 'c']);
  });

  test('that has come to its end is told again, and runs nothing', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b' }], memory({ initial_content: '# Seed' }));
    const { output, runId, notebook, auditDir } = await world.run(file, byId({ b: fails() }));
    const again = await world.resume(runId, fails('nothing is to be run'));
    assert.deepEqual([again.output, again.status, again.notebook, again.auditDir, statuses(again)], [output, 'completed_with_failures', notebook, auditDir, { a: 'completed', b: 'failed' }]);
  });

  test('is told from one that is under way, and from none', async () => {
    const fabric = await world.fabric();
    await assert.rejects(world.resume('mine'), isError('not_found', /"mine"/));
    await world.run(workflowOf([{ id: 's' }]), async ({ runId }) => {
      await assert.rejects(world.resume(runId, undefined, { fabric }), isError('conflict', /is under way in process \d+/));
      await assert.rejects(world.run(workflowOf([{ id: 's' }]), undefined, { runId, fabric }), isError('conflict', /already/));
      return '';
    }, { fabric });
    await fabric.workflow('other').set('run', { something: 'else' });
    await assert.rejects(world.resume('other'), isError('invalid_value'));
    // An entry of everybody is no run.
    await fabric.global.set('run', { something: 'else' });
    await assert.rejects(world.resume('mine'), isError('not_found', /"mine"/));
    const run = await fabric.workflow('whole').set('run', { name: 'x', status: 'interrupted', directory: '/', from: '/', sha256: '', audit_dir: '/', levels: 7, inputs: {}, started_at: 1, process: {} });
    assert.ok(run);
    await assert.rejects(world.resume('whole'), isError('invalid_value', /not what a run writes/));
  });

  test('cannot go on without its audit directory, or with another workflow in it, and says so', async () => {
    await endedAt('a', workflowOf(chain('a', 'b')));
    const audit = join(world.audits, world.runs()[0] ?? '');
    const text = world.read(audit, 'workflow.yaml');
    writeFileSync(join(audit, 'workflow.yaml'), text.replace('test', 'best'));
    await assert.rejects(world.resume('mine'), isError('conflict', /is not the one/));
    rmSync(audit, { recursive: true });
    await assert.rejects(world.resume('mine'), isError('not_found', /has no workflow\.yaml of the run any more/));
  });

  test('takes no result from an agent, nor a run', async () => {
    await endedAt('a', workflowOf(chain('a', 'b')));
    const fabric = await world.fabric();
    const agent = fabric.agent('forger', { workflowId: 'mine' }).memory;
    await agent.set('steps:b', { status: 'completed', agent: 'a', level: 1, attempts: 1, output: 'all clear' }, { scope: 'workflow' });
    const { steps } = await world.resume('mine', undefined, { fabric });
    assert.equal(steps['b']?.output, 'b<a>');
    await agent.set('run', await fabric.workflow('mine').get('run'), { scope: 'workflow' });
    await assert.rejects(world.resume('mine', undefined, { fabric }), isError('invalid_value', /not what a run writes/));
  });

  test('and cannot go on because of its notebook is not under way', async () => {
    await endedAt('a', workflowOf(chain('a'), memory()));
    const file = join(world.audits, world.runs()[0] ?? '', 'memory.md');
    rmSync(file);
    mkdirSync(file);
    const fabric = await world.fabric();
    await assert.rejects(world.resume('mine', undefined, { fabric }), /memory\.md/);
    assert.equal((await fabric.workflow('mine').get<{ status: string }>('run'))?.status, 'interrupted');
    rmdirSync(file);
    assert.equal((await world.resume('mine', undefined, { fabric })).status, 'completed');
  });

  test('because its audit directory is gone is told as interrupted, and what failed', async () => {
    const fabric = await world.fabric();
    const run = world.run(workflowOf([{ id: 's' }]), () => (rmSync(world.audits, { recursive: true }), ''), { runId: 'mine', fabric });
    await assert.rejects(run, isError('not_found', /stream\.jsonl cannot be written: it is not there/));
    assert.equal((await fabric.workflow('mine').get<{ status: string }>('run'))?.status, 'interrupted');
  });

  test('in its first step is told as one that goes on', async () => {
    await endedAt('a', workflowOf(chain('a')));
    world.events = [];
    await world.resume('mine');
    assert.deepEqual(world.events.flatMap((event) => (event.type === 'run_started' ? [event.resumed] : [])), [true]);
  });

  test('was ended in the middle of a pause between attempts, and ends at once', async () => {
    const controller = new AbortController();
    const file = workflowOf([{ id: 's', on_error: 'retry', retry_count: 100 }]);
    const begun = Date.now();
    const run = world.run(file, fails(), {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'step_retried' && event.attempt === 2) controller.abort();
      },
    });
    await assert.rejects(run, isError('aborted'));
    assert.ok(Date.now() - begun < 10_000);
  });

  test('kill -9 at any moment: what is over is not repeated, no note is lost or there twice, and it comes to its end', async () => {
    const steps = Array.from({ length: 6 }, (_, level) => [0, 1, 2].map((at) => ({ id: `s${level}${at}`, depends_on: level === 0 ? [] : [0, 1, 2].map((before) => `s${level - 1}${before}`) }))).flat();
    writeFileSync(join(world.directory, 'w.json'), JSON.stringify(workflowOf(steps, memory({ initial_content: '# Seed' }))));
    const start = (verb: string): { child: ChildProcess; closed: Promise<unknown> } => {
      const started = spawn(process.execPath, [program, verb, world.directory], { stdio: ['ignore', 'inherit', 'inherit'] });
      return { child: started, closed: once(started, 'close') };
    };
    const log = (): string[] => (existsSync(join(world.directory, 'log')) ? readFileSync(join(world.directory, 'log'), 'utf8').split('\n').slice(0, -1) : []);
    const over = async (): Promise<string[]> => {
      const fabric = await world.fabric();
      const { entries } = await fabric.workflow('mine').list({ prefix: 'steps:', limit: 1_000 });
      await fabric.close();
      return entries.filter(({ value }) => JSON.stringify(value).includes('"completed"')).map(({ key }) => key.slice('steps:'.length));
    };
    let { child, closed } = start('run');
    for (const count of [2, 5, 9, 13]) {
      await until(() => log().length >= count || child.exitCode !== null);
      child.kill('SIGKILL');
      await closed;
      const [done, before] = [await over(), log().length];
      ({ child, closed } = start('resume'));
      await until(() => log().length > before || child.exitCode !== null);
      for (const line of log().slice(before)) assert.ok(!done.includes(line), `${line} was over, and ran again`);
    }
    await closed;
    assert.equal(child.exitCode, 0);
    const { status, notebook = '', auditDir } = await world.resume('mine', fails('nothing is left'));
    assert.equal(status, 'completed');
    assert.deepEqual(notebook.match(/by s\d\d/g)?.toSorted(), steps.map(({ id }) => `by ${id}`));
    assert.equal(notebook.split('\n')[0], '# Seed');
    assert.equal(world.read(auditDir, 'memory.md'), notebook);
    assert.equal(world.runs().length, 1);
  });
});
