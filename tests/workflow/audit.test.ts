/** The audit directory: what is in it, whose it is, and which old ones are removed. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { byId, fails, isError, memory, workflowOf, World } from './world.ts';

const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));

describe('the audit directory', { timeout: 120_000 }, () => {
  const world = new World();

  test('has what goflow’s has', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b' }, { id: 'c', depends_on: ['a', 'b'] }], memory());
    const { auditDir, output, runId } = await world.run(file, byId({ b: fails('no luck') }));
    assert.match(auditDir, /[\\/]\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_test$/);
    assert.deepEqual(readdirSync(auditDir).filter((name) => !name.startsWith('.')).toSorted(), ['final_output.md', 'memory.md', 'steps', 'workflow.meta.json', 'workflow.yaml']);
    assert.deepEqual(readdirSync(join(auditDir, 'steps')).toSorted(), ['00_a', '00_b', '01_c']);
    assert.deepEqual(readdirSync(join(auditDir, 'steps', '00_a')).toSorted(), ['output.md', 'prompt.md', 'step.meta.json', 'stream.jsonl']);
    assert.equal(world.read(auditDir, 'final_output.md'), output);
    assert.equal(world.read(auditDir, 'steps', '00_a', 'prompt.md'), 'a');
    const meta = json(join(auditDir, 'workflow.meta.json'));
    assert.deepEqual([meta['run_id'], meta['workflow'], meta['status'], meta['levels']], [runId, 'test', 'completed_with_failures', [['a', 'b'], ['c']]]);
    const step = json(join(auditDir, 'steps', '00_b', 'step.meta.json'));
    assert.deepEqual([step['status'], step['attempts'], step['error']], ['failed', 1, { code: 'error', message: 'no luck' }]);
    const stream = world.read(auditDir, 'steps', '00_b', 'stream.jsonl').trim().split('\n').map((line) => JSON.parse(line).type);
    assert.deepEqual(stream, ['started', 'failed', 'failed']);
  });

  test('is for its owner alone: 0700, files 0600, whatever the mask says', { skip: process.platform === 'win32' }, async () => {
    const mask = process.umask(0);
    try {
      const { auditDir } = await world.run(workflowOf([{ id: 'a' }], memory()));
      const modes = (path: string): string[] => {
        const stat = statSync(path);
        const own = `${stat.isDirectory() ? 'd' : 'f'}${(stat.mode & 0o777).toString(8)}`;
        return stat.isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))] : [own];
      };
      assert.deepEqual(new Set(modes(world.audits)), new Set(['d700', 'f600']), auditDir);
    } finally {
      process.umask(mask);
    }
  });

  test('fills as steps end: each is there before the next one begins', async () => {
    const file = workflowOf([{ id: 'a' }, { id: 'b', depends_on: ['a'] }]);
    await world.run(file, byId({ b: ({ directory }) => readFileSync(join(directory, '..', '00_a', 'output.md'), 'utf8') }));
    const outputs = world.events.flatMap((event) => (event.type === 'step_finished' ? [event.output] : []));
    assert.deepEqual(outputs, ['a', 'a']);
  });

  test('runs that begin in the same second have one each', async () => {
    const fabric = await world.fabric();
    const all = await Promise.all(Array.from({ length: 10 }, () => world.run(workflowOf([{ id: 's' }], memory()), async ({ tools, runId }) => (await tools?.run('write_memory', { entry: runId })) ?? '', { fabric })));
    assert.equal(new Set(all.map(({ auditDir }) => auditDir)).size, 10);
    for (const { auditDir, runId } of all) assert.match(world.read(auditDir, 'memory.md'), new RegExp(`^\\[\\S+Z\\] \\[a\\] ${runId}\n$`));
  });

  test('ids of steps lead nowhere, and two of them never share a directory', async () => {
    const ids = ['..', '.hidden', 'con:x*', 'a b', 'a_b', 'A_B', 'ä'.repeat(60)];
    const { auditDir, status } = await world.run(workflowOf(ids.map((id) => ({ id, prompt: 'p' }))));
    assert.equal(status, 'completed');
    const names = readdirSync(join(auditDir, 'steps'));
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, ids.length);
    assert.ok(names.every((name) => name.startsWith('00_') && existsSync(join(auditDir, 'steps', name, 'output.md'))));
    assert.deepEqual(readdirSync(world.audits).length, 1);
  });

  test('`audit_retention` keeps the newest of this workflow, and touches nothing else', async () => {
    const fabric = await world.fabric();
    const file = (name: string, count = 0): object => workflowOf([{ id: 's' }], { name, config: { audit_retention: count } });
    const other = await world.run(file('other'), undefined, { fabric });
    const old = [];
    for (let at = 0; at < 3; at++) old.push(await world.run(file('mine'), undefined, { fabric }));
    mkdirSync(join(world.audits, 'notes'));
    writeFileSync(join(world.audits, 'notes', 'mine.md'), 'keep me');
    mkdirSync(join(world.audits, '2020-01-01T00-00-00_mine'));
    mkdirSync(join(world.directory, 'elsewhere'));
    writeFileSync(join(world.directory, 'elsewhere', 'workflow.meta.json'), readFileSync(join(old[0]?.auditDir ?? '', 'workflow.meta.json')));
    symlinkSync(join(world.directory, 'elsewhere'), join(world.audits, '2020-01-01T00-00-01_mine'));
    const last = await world.run(file('mine', 2), undefined, { fabric });
    assert.deepEqual(old.map(({ auditDir }) => existsSync(auditDir)), [false, false, true]);
    assert.ok([other.auditDir, last.auditDir, join(world.audits, 'notes', 'mine.md'), join(world.audits, '2020-01-01T00-00-00_mine')].every((path) => existsSync(path)));
    assert.ok(existsSync(join(world.directory, 'elsewhere', 'workflow.meta.json')));
  });

  test('nothing in it leads elsewhere, or is waited for', { skip: process.platform === 'win32' }, async () => {
    const victim = world.file('victim', 'precious');
    mkdirSync(join(world.audits, 'pipe'), { recursive: true });
    execFileSync('mkfifo', [join(world.audits, 'pipe', 'workflow.meta.json')]);
    const { auditDir, output, status } = await world.run(workflowOf([{ id: 's' }], { config: { audit_retention: 1 } }), ({ directory }) => {
      symlinkSync(victim, join(directory, '..', '..', 'final_output.md.new'));
      return 'mine';
    });
    assert.equal(status, 'completed');
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(world.read(auditDir, 'final_output.md'), output);
  });

  test('a run that is under way keeps its directory', async () => {
    const fabric = await world.fabric();
    const file = workflowOf([{ id: 's' }], { config: { audit_retention: 1 } });
    let inside = '';
    const { auditDir } = await world.run(
      file,
      async () => {
        inside = (await world.run(file, undefined, { fabric })).auditDir;
        return 'x';
      },
      { fabric },
    );
    assert.ok(existsSync(auditDir));
    assert.notEqual(inside, auditDir);
  });

  test('a place where none can be made is told before anything runs', async () => {
    const file = world.file('file', '');
    let ran = false;
    const run = world.run(workflowOf([{ id: 's' }]), () => ((ran = true), ''), { auditDir: join(file, 'runs') });
    await assert.rejects(run, isError('not_found', /the audit directory cannot be made in .*--audit-dir/));
    assert.equal(ran, false);
  });

  test('a read-only directory is named, and nothing runs', { skip: process.platform === 'win32' }, async () => {
    const folder = join(world.directory, 'shut');
    mkdirSync(folder);
    chmodSync(world.directory, 0o755);
    chmodSync(folder, 0o555);
    // Who may do everything must be somebody else to see it.
    const child = spawn(process.execPath, [fileURLToPath(new URL('shut.mjs', import.meta.url)), join(folder, 'runs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    assert.match(said, /^read_only the audit directory cannot be made in .*runs: permission is denied; name another/);
    assert.deepEqual(readdirSync(folder), []);
  });
});
