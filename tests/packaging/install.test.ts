import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFirstMinute } from './first-minute.ts';
import { bare, copyApp, project, root, run, scratch, succeed, tarballs, tool } from './support.ts';

const one = await tarballs();
const release = await tarballs('--publish');
const folder = await project(one);

test('the tarball has no install script and needs no other package', async () => {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'node_modules', 'memfabric', 'package.json'), 'utf8'));
  assert.ok(typeof manifest === 'object' && manifest !== null);
  for (const field of ['scripts', 'dependencies', 'optionalDependencies', 'peerDependencies']) assert.ok(!(field in manifest), field);
  assert.deepEqual((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.')), ['memfabric']);
});

test('the tarball holds the licences, the types and this platform only', async () => {
  const names = await readdir(join(folder, 'node_modules', 'memfabric'));
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE', 'README.md', 'bin', 'dist', 'index.mjs', 'index.d.mts', 'workflow.mjs', 'workflow.d.mts']) assert.ok(names.includes(name), name);
  assert.equal(names.filter((name) => name.endsWith('.node')).length, 1);
  assert.ok(!names.includes('src'));
});

test('it works as an ES module', async () => {
  const app = await copyApp(folder, 'first-minute.mjs');
  assertFirstMinute(await succeed('node', [app], { cwd: folder, env: bare }));
});

test('it works as a CommonJS module', async () => {
  const app = join(folder, 'app.cjs');
  await writeFile(
    app,
    `const { Fabric, matches, MemoryError } = require('memfabric');
    Fabric.memory().then(async (fabric) => {
      await fabric.global.set('a', [1]);
      console.log(JSON.stringify(await fabric.global.get('a')), matches('a:*', 'a:b'), typeof MemoryError);
    });`,
  );
  assert.equal(await succeed('node', [app], { cwd: folder, env: bare }), '[1] true function\n');
});

test('`import` and `require` give the same classes', async () => {
  const app = join(folder, 'both.mjs');
  await writeFile(
    app,
    `import { createRequire } from 'node:module';
    import * as imported from 'memfabric';
    const required = createRequire(import.meta.url)('memfabric');
    for (const name of Object.keys(required)) if (imported[name] !== required[name]) throw new Error(name);
    console.log(Object.keys(required).sort().join(' '));`,
  );
  assert.equal(await succeed('node', [app], { cwd: folder, env: bare }), 'Agent Fabric MemoryError Notebook matches memoryPromptAddendum memoryTools\n');
});

test('workflows come with it, for `import` and `require` alike', async () => {
  const app = join(folder, 'workflow.mjs');
  await writeFile(
    app,
    `import { createRequire } from 'node:module';
    import { Fabric } from 'memfabric';
    import * as imported from 'memfabric/workflow';
    const required = createRequire(import.meta.url)('memfabric/workflow');
    for (const name of Object.keys(required)) if (imported[name] !== required[name]) throw new Error(name);
    const fabric = await Fabric.memory();
    const workflow = { name: 'w', agents: { a: { inline: { prompt: 'p' } } }, steps: [{ id: 's', agent: 'a', prompt: 'do it' }] };
    const { status, output } = await imported.runWorkflow(workflow, { fabric, execute: ({ prompt }) => prompt });
    console.log(status, output.includes('do it'));`,
  );
  assert.equal(await succeed('node', [app], { cwd: folder, env: bare }), 'completed true\n');
});

for (const resolution of ['nodenext', 'bundler']) {
  test(`its types work with moduleResolution ${resolution}`, async () => {
    const place = join(folder, resolution);
    await mkdir(place, { recursive: true });
    await copyApp(place, 'typed.ts');
    const module = resolution === 'bundler' ? 'esnext' : resolution;
    const compilerOptions = { module, moduleResolution: resolution, target: 'es2022', strict: true, exactOptionalPropertyTypes: true, types: [], noEmit: true };
    await writeFile(join(place, 'package.json'), '{"type":"module"}');
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    await succeed('node', [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', place], { cwd: place });
  });
}

test('`npx memfabric` is the command, which needs nothing else', async () => {
  for (const packages of [one, release]) {
    const place = await project(packages);
    const npx = (...args: string[]): Promise<string> => succeed('npx', ['--offline', 'memfabric', ...args], { cwd: place, env: bare });
    const manifest: { version: string } = JSON.parse(await readFile(join(place, 'node_modules', 'memfabric', 'package.json'), 'utf8'));
    assert.equal(await npx('--version'), `${manifest.version}\n`);
    assert.equal(await npx('set', 'plan', '["read"]', '--workflow', 'wf-1'), 'revision 1\n');
    assert.equal(await npx('get', 'plan', '--workflow', 'wf-1'), '["read"]\n');
    assert.match(await npx('watch', '**', '--from', '0', '--limit', '1', '--json'), /"key":"plan"/);
    assert.match(await npx('help', 'mcp'), /^Usage: memfabric mcp /);
    await writeFile(join(place, 'w.yaml'), 'name: w\nagents: { a: { inline: { prompt: p } } }\nsteps: [{ id: s, agent: a, prompt: hello }]\n');
    assert.match(await npx('run', 'w.yaml', '--exec', 'cat'), /hello/);
    assert.match(await npx('completion', 'bash'), /^complete .* memfabric$/m);
    assert.match(await readFile(join(place, 'node_modules', 'memfabric', 'dist', 'cli', 'LICENSES.txt'), 'utf8'), /^commander \d/m);
  }
});

test('without the addon the command says what to do', async () => {
  const place = await project([String(release[0]), '--omit=optional']);
  const { code, err } = await run('npx', ['--offline', 'memfabric', 'set', 'a', '1'], { cwd: place, env: bare });
  assert.equal(code, 1);
  assert.match(err, /^memfabric: unsupported: memfabric has no native part for/);
});

test('the types say the same to `import` and `require` (attw)', async () => {
  // The modules have no types, and what is around them is for `import` alone.
  const left = ['--exclude-entrypoints', 'wasm/memfabric.wasm', 'wasm/memfabric.simd.wasm', 'wasm/memfabric.relaxed.wasm', '--ignore-rules', 'cjs-resolves-to-esm'];
  for (const tarball of [one[0], release[0]]) await succeed(tool('attw'), [String(tarball), ...left], { cwd: folder });
});

test('publint has nothing to say', async () => {
  for (const tarball of [one[0], ...release]) await succeed(tool('publint'), ['run', String(tarball), '--strict'], { cwd: folder });
});

test('the packages of a release work together', async () => {
  const place = await project(release);
  assert.deepEqual((await readdir(join(place, 'node_modules'))).filter((name) => !name.startsWith('.')), ['@memfabric', 'memfabric']);
  assert.ok((await readdir(join(place, 'node_modules', 'memfabric'))).every((name) => !name.endsWith('.node')));
  const app = await copyApp(place, 'first-minute.mjs');
  assertFirstMinute(await succeed('node', [app], { cwd: place, env: bare }));
});

test('without the addon a memory runs as WebAssembly, with one warning, and a directory says what to do', async () => {
  const place = await project([String(release[0]), '--omit=optional']);
  const app = await copyApp(place, 'without-addon.mjs');
  const { code, out, err } = await run('node', [app], { cwd: place, env: bare });
  assert.equal(code, 0, err);
  assert.match(out, /^true \[1,2\] \[1,2\]\n/);
  assert.match(out, /^unsupported memfabric has no native part for \S+ here, and a directory needs it/m);
  assert.match(out, /npm install --include=optional/);
  assert.equal(err.match(/\[MEMFABRIC_WASM\] Warning: memfabric has no native part for/g)?.length, 1, err);
});

test('on a platform that has no addon, a directory says which ones have', async () => {
  const place = await project([String(release[0]), '--omit=optional']);
  const app = await copyApp(place, 'without-addon.mjs');
  const { out } = await run('node', [app, 'riscv64'], { cwd: place, env: bare });
  assert.match(out, /^true \[1,2\] \[1,2\]\n/);
  assert.match(out, /^unsupported memfabric has no native part for \w+-riscv64/m);
  const [, named = ''] = /The platforms that have one: (.+)\.$/m.exec(out) ?? [];
  assert.deepEqual(named.split(', ').toSorted(), (await readdir(join(root, 'npm', 'platforms'))).toSorted());
});

test('plain `npm pack` makes a tarball that works here', async () => {
  const out = await scratch();
  await succeed('npm', ['pack', '--workspace', 'npm', '--pack-destination', out], { cwd: root });
  const [name] = await readdir(out);
  const place = await project([join(out, String(name))]);
  const app = await copyApp(place, 'first-minute.mjs');
  assertFirstMinute(await succeed('node', [app], { cwd: place, env: bare }));
});
