/**
 * What goflow's orchestrator does, item by item: O1 to O7, P1 to P9, I1 to I5, R1 to R5, S1 to S3, X1. The names are those of our
 * list of facts about it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { barrier, byId, fails, isError, statuses, workflowOf, World } from './world.ts';

const after = (...ids: string[]): { depends_on: string[] } => ({ depends_on: ids });
const chain = workflowOf([{ id: 'a' }, { id: 'b', ...after('a'), prompt: 'b<{{steps.a.output}}>' }, { id: 'c', ...after('b'), prompt: 'c<{{steps.b.output}}>' }]);
const diamond = workflowOf([{ id: 'a' }, { id: 'b', ...after('a') }, { id: 'c', ...after('a') }, { id: 'd', ...after('b', 'c'), prompt: '{{steps.b.output}}+{{steps.c.output}}' }]);
const siblings = (count: number, fields: Record<string, unknown> = {}): Record<string, unknown> =>
  workflowOf(Array.from({ length: count }, (_, at) => ({ id: `s${String(at).padStart(3, '0')}` })), fields);

describe('steps one after the other', { timeout: 60_000 }, () => {
  const world = new World();

  test('O1 a linear chain passes outputs along, one call each', async () => {
    const { steps, status } = await world.run(chain);
    assert.equal(steps['c']?.output, 'c<b<a>>');
    assert.equal(status, 'completed');
    assert.deepEqual(world.told('step_started'), ['a', 'b', 'c']);
  });

  for (const [item, contains, expected] of [['O2 a condition that is met runs', 'yes', 'completed'], ['O3 one that is not met is skipped', 'no', 'skipped']] as const) {
    test(item, async () => {
      const file = workflowOf([{ id: 'a', prompt: 'yes' }, { id: 'b', ...after('a'), condition: { step: 'a', contains } }]);
      const { steps, status } = await world.run(file);
      assert.equal(steps['b']?.status, expected);
      assert.equal(status, 'completed');
      assert.equal(typeof steps['b']?.reason, expected === 'skipped' ? 'string' : 'undefined');
    });
  }

  test('O4 a failure stops it: A is `failed` in the result, B is not there', async () => {
    const { steps, status } = await world.run(chain, byId({ a: fails('no luck') }));
    assert.equal(status, 'failed');
    assert.deepEqual(Object.keys(steps), ['a']);
    assert.deepEqual(steps['a']?.error, { code: 'error', message: 'no luck' });
  });

  test('O5 an empty workflow is told so before anything is made', async () => {
    await assert.rejects(world.run(workflowOf([])), isError('invalid_value', /steps/));
    assert.deepEqual(world.runs(), []);
  });

  test('O6 fan-out and fan-in complete 4 of 4', async () => {
    assert.deepEqual(statuses(await world.run(diamond)), { a: 'completed', b: 'completed', c: 'completed', d: 'completed' });
  });

  test('O7 an agent that is missing is named', async () => {
    await assert.rejects(world.run(workflowOf([{ id: 's', agent: 'nobody' }])), isError('invalid_value', /nobody/));
  });
});

describe('steps side by side', { timeout: 60_000 }, () => {
  const world = new World();

  test('P1 linear', async () => assert.equal((await world.run(chain)).steps['c']?.output, 'c<b<a>>'));

  test('P2 fan-out', async () => {
    const file = workflowOf([{ id: 'a' }, ...['b', 'c', 'd'].map((id) => ({ id, ...after('a'), prompt: `${id}{{steps.a.output}}` }))]);
    const { steps } = await world.run(file);
    assert.deepEqual(['b', 'c', 'd'].map((id) => steps[id]?.output), ['ba', 'ca', 'da']);
  });

  test('P3 fan-in', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b' }, { id: 'c', ...after('a', 'b'), prompt: '{{steps.a.output}}{{steps.b.output}}' }]);
    assert.equal((await world.run(file)).steps['c']?.output, 'ab');
  });

  test('P4 diamond', async () => assert.equal((await world.run(diamond)).steps['d']?.output, 'b+c'));

  test('P5 three siblings all begin before any of them ends', async () => {
    const all = barrier(3);
    const { status } = await world.run(siblings(3), async ({ step }) => {
      await all();
      return step.id;
    });
    assert.equal(status, 'completed');
  });

  test('P6 `max_concurrency: 1` completes all, one at a time, in the order of their ids', async () => {
    await world.run(siblings(4, { config: { max_concurrency: 1 } }));
    assert.deepEqual(world.told('step_finished'), ['s000', 's001', 's002', 's003']);
    assert.deepEqual(world.told('step_started'), ['s000', 's001', 's002', 's003']);
  });

  test('P7 a sibling that fails stops nothing: the fan-in completes with "" for it', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b' }, { id: 'c', ...after('a', 'b'), prompt: '[{{steps.a.output}}][{{steps.b.output}}]' }]);
    const { steps, status } = await world.run(file, byId({ a: fails(), c: ({ prompt }) => prompt }));
    assert.equal(steps['c']?.output, '[][b]');
    assert.equal(status, 'completed_with_failures');
  });

  test('P8 a workflow whose steps are all skipped but one has nothing to run, and ends well', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b', ...after('a'), condition: { step: 'a', equals: 'x' } }]);
    const { status, output } = await world.run(file);
    assert.equal(status, 'completed');
    assert.doesNotMatch(output, /Step: b/);
  });

  test('P9 a level of one step that fails stops the run, and later steps have no result', async () => {
    const { steps, status } = await world.run(diamond, byId({ a: fails() }));
    assert.deepEqual(Object.keys(steps), ['a']);
    assert.equal(status, 'failed');
  });
});

describe('interactive steps', { timeout: 60_000 }, () => {
  const world = new World();
  const asked: string[] = [];
  const interact = ({ step }: { step: { id: string } }): string => {
    asked.push(step.id);
    return 'asked';
  };
  const run = async (fields: Record<string, unknown>, config: Record<string, unknown> = {}): Promise<string | undefined> => {
    asked.length = 0;
    return (await world.run(workflowOf([{ id: 's', ...fields }], { config }), undefined, { interact })).steps['s']?.output;
  };

  test('I1 that somebody can be asked does not make a step interactive', async () => assert.equal(await run({}), 's'));
  test('I2 `false` of a step beats `true` of config', async () => assert.equal(await run({ interactive: false }, { interactive: true }), 's'));

  test('I3 `true` of a step beats both', async () => {
    assert.equal(await run({ interactive: true }, { interactive: false }), 'asked');
    assert.equal(await run({}, { interactive: true }), 'asked');
  });

  test('I4 interactive steps come last in their level, one by one', async () => {
    asked.length = 0;
    const file = workflowOf([{ id: 'a', interactive: true }, { id: 'b' }, { id: 'c', interactive: true }, { id: 'd' }]);
    await world.run(file, undefined, { interact });
    assert.deepEqual(world.told('step_finished').slice(2), ['a', 'c']);
    assert.deepEqual(world.told('step_finished').slice(0, 2).toSorted(), ['b', 'd']);
    assert.deepEqual(world.told('step_started').slice(2), ['a', 'c']);
    assert.deepEqual(asked, ['a', 'c']);
  });

  test('I5 where none is interactive, nothing is different', async () => {
    const { steps } = await world.run(diamond, undefined, { interact: fails('nobody is to be asked') });
    assert.deepEqual(Object.keys(steps), ['a', 'b', 'c', 'd']);
  });

  test('without anybody to ask, the step fails with a sentence', async () => {
    const { steps, status } = await world.run(workflowOf([{ id: 's', interactive: true }]));
    assert.equal(status, 'failed');
    assert.match(steps['s']?.error?.message ?? '', /step s is interactive, and there is nobody to ask/);
  });
});

describe('the results', { timeout: 60_000 }, () => {
  const world = new World();
  const file = workflowOf([{ id: 'bad' }, { id: 'good' }, { id: 'skipped', ...after('good'), condition: { step: 'good', equals: 'x' } }, { id: 'sum', ...after('good', 'bad') }]);

  test('R1 a step that is over is in the result, with its times', async () => {
    const { steps } = await world.run(file);
    const { startedAt = 0, finishedAt = 0, attempts } = steps['good'] ?? {};
    assert.ok(startedAt > 0 && finishedAt >= startedAt);
    assert.equal(attempts, 1);
  });

  test('R2 a step that there is not is not', async () => assert.equal((await world.run(file)).steps['other'], undefined));

  test('R3 outputs are there for steps that completed, and are "" for those that failed or were skipped; no step is left running', async () => {
    const fabric = await world.fabric();
    const { steps, runId } = await world.run(file, byId({ bad: fails() }), { fabric });
    const outputs = Object.fromEntries(Object.entries(steps).map(([id, { output }]) => [id, output]));
    assert.deepEqual(outputs, { bad: '', good: 'good', skipped: '', sum: 'sum' });
    const { entries } = await fabric.workflow(runId).list({ prefix: 'steps:' });
    assert.equal(entries.length, 4);
    assert.ok(!JSON.stringify(entries).includes('running'));
  });

  test('R4 what one does to the result changes no run', async () => {
    const fabric = await world.fabric();
    const { steps, runId } = await world.run(file, undefined, { fabric });
    delete steps['good'];
    assert.equal((await world.resume(runId, undefined, { fabric })).steps['good']?.output, 'good');
  });

  test('R5 of 100 steps at once, every result is there, in the result and in the memory', async () => {
    const fabric = await world.fabric();
    const { steps, runId } = await world.run(siblings(100), byId({ s007: fails() }), { fabric });
    assert.equal(Object.keys(steps).length, 100);
    assert.equal(Object.values(steps).filter(({ status }) => status === 'completed').length, 99);
    assert.equal((await fabric.workflow(runId).list({ prefix: 'steps:', limit: 1_000 })).entries.length, 100);
  });
});

describe('how many run at once', { timeout: 60_000 }, () => {
  const world = new World();
  /** The most that were under way at once. The first ones wait for as many as there may be, so that it does not depend on how fast they are. */
  const most = async (count: number, limit: number): Promise<number> => {
    let [now, highest] = [0, 0];
    let full = (): void => {};
    const filled = new Promise<void>((resolve) => (full = resolve));
    await world.run(siblings(count, { config: { max_concurrency: limit } }), async ({ step }) => {
      highest = Math.max(highest, ++now);
      if (now >= limit) full();
      await filled;
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return step.id;
    });
    return highest;
  };

  test('S1 unlimited: all of them', async () => {
    const all = barrier(50);
    assert.equal((await world.run(siblings(50), async () => (await all(), 'x'))).status, 'completed');
  });

  test('S2 limited: no more than that', async () => assert.equal(await most(6, 3), 3));
  test('S3 under contention: a hundred wait for two places, and each has its turn', async () => assert.equal(await most(100, 2), 2));
  test('X1 at most 2 of 4 are under way', async () => assert.equal(await most(4, 2), 2));
});
