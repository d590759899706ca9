import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Fabric, MemoryError } from 'memfabric';
import { brief, changes, fails, some, until, type Test } from '../support.ts';

/** What only a directory can do: outlive those who open it, and be shared by them. `fresh` names a new one. */
export function sharing(fresh: () => string, t: Test): void {
  const require = createRequire(import.meta.url);
  const run = promisify(execFile);
  let scripts = 0;

  /** Runs a script in a process of its own; `fabric` is open in it. Answers what it printed. */
  async function elsewhere(path: string, script: string): Promise<string> {
    const source = `import { Fabric } from ${JSON.stringify(import.meta.resolve('memfabric'))};
      const fabric = await Fabric.open(${JSON.stringify(path)});
      ${script}`;
    // A file, and not `--eval`, which not every runtime takes as Node does.
    const file = `${path}-${++scripts}.mjs`;
    await writeFile(file, source);
    const { stdout } = await run(process.execPath, [file]);
    return stdout.trim();
  }

  t('what was written is there when the directory is opened again', async () => {
    const path = fresh();
    const first = await Fabric.open(path);
    const { revision } = await first.session('s').set('k', { a: 1 });
    await first.global.setVector('v', [1, 2], { x: 1 });
    await first.close();
    const second = await Fabric.open(path);
    assert.deepEqual(await second.session('s').get('k'), { a: 1 });
    assert.deepEqual((await second.global.searchVector([1, 2])).map(({ metadata }) => metadata), [{ x: 1 }]);
    assert.deepEqual((await second.session('s').history()).events.map(brief), ['set k {"a":1}']);
    assert.ok((await second.session('s').set('k', 2)).revision > revision);
    await second.close();
  });

  t('what an unclosed process wrote is there', async () => {
    const path = fresh();
    await elsewhere(path, `await fabric.global.set('k', 'from there'); process.exit(0);`);
    const fabric = await Fabric.open(path);
    assert.equal(await fabric.global.get('k'), 'from there');
    await fabric.close();
  });

  t('one process sees at once what another one writes', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path);
    const watch = fabric.watch('k', { scope: 'session' });
    await fabric.session('s').set('k', 'here');
    const seen = await elsewhere(
      path,
      `console.log(await fabric.session('s').get('k'));
       await fabric.session('s').set('k', 'there');
       await fabric.session('s').setVector('v', [1]);
       await fabric.close();`,
    );
    assert.equal(seen, 'here');
    assert.equal(await fabric.session('s').get('k'), 'there');
    assert.equal((await fabric.session('s').searchVector([1])).length, 1);
    assert.deepEqual((await changes(watch, 2)).map(brief), ['set k "here"', 'set k "there"']);
    watch.close();
    await fabric.close();
  });

  t('four processes that count at once lose nothing', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path);
    const script = `for (let at = 0; at < 50; at++) {
        await Promise.all([fabric.global.increment('n'), fabric.global.append('l', [at]), fabric.global.update('u', (old = 0) => old + 1)]);
      }
      await fabric.close();`;
    await Promise.all(Array.from({ length: 4 }, () => elsewhere(path, script)));
    assert.equal(await fabric.global.get('n'), 200);
    assert.equal((await fabric.global.get<unknown[]>('l'))?.length, 200);
    assert.equal(await fabric.global.get('u'), 200);
    const { events } = await fabric.global.history();
    assert.equal(events.length, 600);
    assert.deepEqual([...events].sort((a, b) => a.revision - b.revision), events);
    await fabric.close();
  });

  t('opening a directory twice in one process shares the memory', async () => {
    const path = fresh();
    const [one, two] = await Promise.all([Fabric.open(path), Fabric.open(pathToFileURL(path))]);
    const watch = two.watch('k');
    void one.global.set('k', 1);
    assert.equal(await two.global.get('k'), 1);
    assert.deepEqual((await changes(watch, 1)).map(brief), ['set k 1']);
    await one.close();
    await fails('closed', () => one.global.get('k'));
    assert.equal(await two.global.get('k'), 1);
    await two.close();
  });

  t('import and require are one module, on one addon', async () => {
    const required: Record<string, unknown> = require('memfabric');
    assert.equal(required['Fabric'], Fabric);
    assert.equal(required['MemoryError'], MemoryError);
    assert.deepEqual(Object.keys(required).sort(), ['Agent', 'Fabric', 'MemoryError', 'Notebook', 'matches', 'memoryPromptAddendum', 'memoryTools']);
    assert.deepEqual(Object.keys(await import('memfabric')).sort(), Object.keys(required).sort());
  });

  t('a worker thread shares the memory, and ending it harms nobody', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path);
    const watch = fabric.watch('k');
    const source = `import { Fabric } from ${JSON.stringify(import.meta.resolve('memfabric'))};
      const fabric = await Fabric.open(${JSON.stringify(path)});
      fabric.agent('worker').watchMemory('k', () => {});
      await fabric.global.set('k', 'from the worker');`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
    worker.on('error', (error) => assert.fail(String(error)));
    assert.deepEqual((await changes(watch, 1)).map(brief), ['set k "from the worker"']);
    await worker.terminate();
    await fabric.global.set('k', 'still here');
    assert.deepEqual((await changes(watch, 1)).map(brief), ['set k "still here"']);
    watch.close();
    await fabric.close();
  });

  t("an open fabric does not keep a process alive, an open watch does until it is unref'd", async () => {
    const end = `setTimeout(() => { console.log('kept alive'); process.exit(0); }, 300).unref();`;
    assert.equal(await elsewhere(fresh(), `await fabric.global.set('k', 1); ${end}`), '');
    assert.equal(await elsewhere(fresh(), `fabric.agent('a').watchMemory('k', () => {}); ${end}`), 'kept alive');
    assert.equal(await elsewhere(fresh(), `fabric.agent('a').watchMemory('k', () => {}).unref(); ${end}`), '');
    assert.equal(await elsewhere(fresh(), `fabric.agent('a').watchMemory('k', () => {}).unref().ref(); ${end}`), 'kept alive');
    assert.equal(await elsewhere(fresh(), `fabric.agent('a').watchMemory('k', () => {}).close(); ${end}`), '');
    assert.equal(await elsewhere(fresh(), `fabric.agent('a').watchMemory('k', () => {}); await fabric.close(); ${end}`), '');
  });

  t('a rejecting handler does not end the process', async () => {
    const script = `fabric.agent('a').watchMemory('k', () => Promise.reject(new Error('no')), { onError: () => { throw new Error('nor this'); } });
      await fabric.global.set('k', 1);
      setTimeout(async () => { console.log('alive'); await fabric.close(); }, 50);`;
    assert.equal(await elsewhere(fresh(), script), 'alive');
  });

  t('a durable watcher goes on where another process ended', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path);
    await elsewhere(
      path,
      `let seen = 0;
       fabric.agent('a').watchMemory('k', (event) => { if (++seen === 2) setTimeout(() => process.exit(0), 300); }, { durable: 'd' });
       await fabric.global.set('k', 0);
       await fabric.global.set('k', 1);`,
    );
    await fabric.global.set('k', 2);
    const seen: unknown[] = [];
    fabric.agent('a').watchMemory('k', (event) => void seen.push(event.data), { durable: 'd' });
    await until(() => seen.includes(2));
    assert.deepEqual(seen.slice(-1), [2]);
    await fabric.close();
  });

  t('a backup is a store of its own', async () => {
    const [path, copy] = [fresh(), fresh()];
    const fabric = await Fabric.open(path);
    await fabric.global.set('k', 1);
    void fabric.global.set('late', 2);
    await fabric.backup(copy);
    await fabric.global.set('k', 3);
    const other = await Fabric.open(copy);
    assert.deepEqual([await other.global.get('k'), await other.global.get('late')], [1, 2]);
    await other.global.set('k', 4);
    assert.equal(await fabric.global.get('k'), 3);
    await other.close();
    await fabric.close();
  });

  t('durability and the other options of open are taken', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path, { durability: 'sync', cacheBytes: 1 << 20, retention: { events: 1000, age: 60_000, bytes: 1 << 20 } });
    const { revision } = await fabric.global.set('k', 1);
    const stats = await fabric.stats();
    assert.equal(stats.engine, 'directory');
    assert.equal(stats.durability, 'sync');
    assert.ok((stats.flushed_revision ?? 0) >= revision);
    await fabric.close();
  });

  t('a fabric that is opened again, full or lean, searches what was there and what comes', async () => {
    const path = fresh();
    const numbers = (at: number): number[] => Array.from({ length: 32 }, (_, index) => Math.sin(at * (index + 1)) + Math.cos(at >> 5));
    const items = Array.from({ length: 2_000 }, (_, at) => ({ key: `v${at}`, embedding: numbers(at), metadata: { at } }));
    const queries = [3, 77, 1_500].map((at) => numbers(at + 0.25));
    const searches = [{ exact: true }, { exact: true, topK: 100 }, { exact: true, filter: { at: { $lt: 500 } }, includeEmbedding: true }];
    const first = await Fabric.open(path);
    await first.global.setVectors(items, { metric: 'euclidean' });
    const wanted = await Promise.all(searches.map((options) => first.global.searchVectors(queries, options)));
    await first.close();
    for (const vectors of ['full', 'lean', undefined] as const) {
      const fabric = await Fabric.open(path, { vectors });
      for (const [at, options] of searches.entries()) assert.deepEqual(await fabric.global.searchVectors(queries, options), wanted[at], `${vectors} ${at}`);
      for (const at of [0, 999, 1_999]) assert.equal(some((await fabric.global.searchVector(numbers(at)))[0]).key, `v${at}`);
      await fabric.global.setVector('new', numbers(5_000));
      assert.equal(some((await fabric.global.searchVector(numbers(5_000)))[0]).key, 'new');
      await fails('invalid_option', () => fabric.global.setVector('new', numbers(0), {}, { metric: 'dot' }), /euclidean/);
      await fabric.global.deleteVector('new');
      assert.notEqual(some((await fabric.global.searchVector(numbers(5_000)))[0]).key, 'new');
      const [space] = (await fabric.stats()).vectors;
      assert.deepEqual([some(space).metric, some(space).dimensions, some(space).rows], ['euclidean', 32, 2_000]);
      await fabric.close();
    }
    // @ts-expect-error one of two
    await fails('invalid_option', () => Fabric.open(path, { vectors: 'small' }), /"full" or "lean"/);
  });

  t('many vectors of another process are found by the next search', async () => {
    const path = fresh();
    const fabric = await Fabric.open(path);
    await fabric.global.setVector('here', [1, 0]);
    assert.equal((await fabric.global.searchVector([1, 0])).length, 1);
    await elsewhere(
      path,
      `await fabric.global.setVectors(Array.from({ length: 1500 }, (_, at) => ({ key: 'v' + at, embedding: [at, 1] })));
       await fabric.global.deleteVector('here');
       await fabric.close();`,
    );
    assert.deepEqual((await fabric.global.searchVector([1, 1], { topK: 2 })).map(({ key }) => key), ['v1', 'v2']);
    assert.equal((await fabric.global.searchVector([1, 0], { topK: 1_000, threshold: -1 })).length, 1_000);
    assert.equal(await fabric.global.clear({}), 1_500);
    await fabric.close();
  });

  t('what is no directory of a fabric is refused', async () => {
    const file = fresh();
    await writeFile(file, 'text');
    await assert.rejects(Fabric.open(file), (error) => error instanceof MemoryError);
    for (const path of ['', 'a\0b', undefined, 5]) {
      // @ts-expect-error a path
      await fails('invalid_option', () => Fabric.open(path));
    }
    await fails('unsupported', () => Fabric.open('nats://localhost'));
    await fails('unsupported', () => Fabric.open(new URL('https://example.org')));
    // @ts-expect-error a typo
    await fails('invalid_option', () => Fabric.open(fresh(), { durabilty: 'sync' }), /did you mean `durability`/);
  });

  t('a directory is made if need be, with those above it', async () => {
    const path = fresh();
    await mkdir(path);
    const fabric = await Fabric.open(join(path, 'a', 'b'));
    await fabric.global.set('k', 1);
    await fabric.close();
  });

  t('changes that are no longer kept are told as resync, then as they stand', async () => {
    const fabric = await Fabric.open(fresh(), { retention: { events: 100 } });
    for (let at = 0; at < 2000; at++) await fabric.global.set(`k${at % 10}`, at);
    await until(async () => (await fabric.stats()).trim_floor > 0);
    const watch = fabric.watch('k*', { from: 0 });
    const seen: string[] = [];
    for await (const event of watch) {
      seen.push(brief(event));
      if (event.action === 'synced') break;
      if (event.action === 'resync') assert.ok(event.from === 0 && event.floor > 0);
    }
    assert.equal(seen[0], 'resync');
    assert.deepEqual(seen.slice(1, -1).sort(), Array.from({ length: 10 }, (_, at) => `set k${at} ${1990 + at}`));
    assert.ok(((await fabric.global.history({ since: 0 })).trimmed ?? 0) > 0);
    await fabric.close();
  });
}
