/** The packed package, installed into a project with nothing else in it, in each runtime and through bundlers. */

import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { build as viteBuild, createServer, preview } from 'vite';
import { bare, missing, project, succeed, tarballs, tool } from '../packaging/support.ts';
import { noChromium, titleOf } from './support/chromium.ts';
import { edgeLight, takingModules } from './support/edge-light.ts';
import { serve } from './support/site.ts';
import { noWorkerd, workerd } from './support/workerd.ts';

const folder = await project([String((await tarballs('--publish'))[0]), '--omit=optional'], { type: 'module' });
const wasm = join(folder, 'node_modules', 'memfabric', 'wasm');
const seen = (kernels: string): string => `true, ticket:T-123.sentiment angry, doc:chunk-1 1.000 contracts.pdf, memory, ${kernels}`;
const SEEN = seen('simd128');
const RELAXED = seen('relaxed-simd');
// From Node 22 on.
const IN_NODE = WebAssembly.validate(await readFile(join(wasm, 'memfabric.relaxed.wasm'))) ? RELAXED : SEEN;

await cp(fileURLToPath(new URL('packed/minute.js', import.meta.url)), join(folder, 'minute.js'));

/** Writes a file of the project. */
async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

const printing = (from: string): string => `import * as memfabric from '${from}';
import { minute } from './minute.js';
console.log(await minute(memfabric));`;

test('Node loads memfabric/wasm', async () => {
  assert.equal(await succeed('node', [await file('node.js', printing('memfabric/wasm'))], { cwd: folder, env: bare }), `${IN_NODE}\n`);
});

test('Node loads memfabric/wasm with require, where it can require a module', { skip: !('require_module' in process.features) && 'this Node cannot' }, async () => {
  const app = await file('node.cjs', `const memfabric = require('memfabric/wasm'); import('./minute.js').then(async ({ minute }) => console.log(await minute(memfabric)));`);
  assert.equal(await succeed('node', [app], { cwd: folder, env: bare }), `${IN_NODE}\n`);
});

test('memfabric/wasm/manual takes bytes, and says what to do without them', async () => {
  const app = await file(
    'manual.js',
    `import { readFile } from 'node:fs/promises';
    import * as memfabric from 'memfabric/wasm/manual';
    import { minute } from './minute.js';
    await memfabric.Fabric.memory().catch(({ code, message }) => console.log(code, message));
    await memfabric.load(await readFile(new URL(import.meta.resolve('memfabric/wasm/memfabric.simd.wasm'))));
    console.log(await minute(memfabric));`,
  );
  const [refused = '', answer] = (await succeed('node', [app], { cwd: folder, env: bare })).split('\n');
  assert.match(refused, /^unavailable .*load\(source\)/);
  assert.equal(answer, SEEN);
});

test('Bun loads memfabric/wasm', { skip: await missing('bun') }, async () => {
  assert.equal(await succeed(tool('bun'), [await file('bun.js', printing('memfabric/wasm'))], { cwd: folder }), `${RELAXED}\n`);
});

test('Deno loads memfabric/wasm, with leave to read files', { skip: await missing('deno') }, async () => {
  const app = await file('deno.js', printing('memfabric/wasm'));
  assert.equal(await succeed(tool('deno'), ['run', '--no-prompt', '--allow-read', '--no-lock', app], { cwd: folder }), `${RELAXED}\n`);
});

const answering = `import * as memfabric from 'memfabric';
import { minute } from './minute.js';
const answer = async () => new Response(await minute(memfabric));`;

/** Bundles a file of the project as somebody does who has only installed the package. */
async function bundled(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles = [] } = await build({ absWorkingDir: folder, entryPoints: [entry], bundle: true, format: 'esm', write: false, logLevel: 'error', ...options });
  return outputFiles.map(({ text }) => text).join('');
}

for (const compatibilityFlags of [[], ['nodejs_compat']]) {
  const name = ['workerd', ...compatibilityFlags].join(' with ');
  test(`${name} loads memfabric, for many requests at once`, { skip: noWorkerd }, async () => {
    await file('workerd.js', `${answering}\nexport default { fetch: answer };`);
    const script = await bundled('workerd.js', { conditions: ['workerd', 'worker', 'browser'], external: ['*.wasm'] });
    const worker = workerd(script, await readFile(join(wasm, 'memfabric.simd.wasm')), { compatibilityFlags });
    const answers = await Promise.all(Array.from({ length: 5 }, () => worker.fetch('/')));
    await worker.close();
    assert.deepEqual(answers, Array.from({ length: 5 }, () => SEEN));
  });
}

test('workerd takes the module for relaxed-simd, if it is handed over', { skip: noWorkerd }, async () => {
  const moduleName = 'memfabric/wasm/memfabric.relaxed.wasm';
  await file(
    'relaxed.js',
    `import module from '${moduleName}';
    import * as memfabric from 'memfabric/wasm/manual';
    import { minute } from './minute.js';
    const loaded = memfabric.load(module);
    export default { fetch: async () => { await loaded; return new Response(await minute(memfabric)); } };`,
  );
  const worker = workerd(await bundled('relaxed.js', { external: ['*.wasm'] }), await readFile(join(wasm, 'memfabric.relaxed.wasm')), { moduleName });
  assert.equal(await worker.fetch('/'), RELAXED);
  await worker.close();
});

test("Vercel's edge runtime loads memfabric", async () => {
  await file('edge.js', `${answering}\naddEventListener('fetch', (event) => event.respondWith(answer()));`);
  const script = await bundled('edge.js', { conditions: ['edge-light'], format: 'iife', plugins: [takingModules] });
  const edge = await edgeLight(script, await readFile(join(wasm, 'memfabric.simd.wasm')));
  assert.equal(await edge.fetch('/'), SEEN);
});

/** What a page sees in memory, and in what it opens: that part of the package is loaded later. */
const shown = (inMemory: string): string => `${inMemory}; ${inMemory.replace('memory', 'hosted')}`;

const showing = (from: string, source = ''): string => `import * as memfabric from '${from}';
import { minute } from './minute.js';
const show = (text) => (document.title = text);
memfabric
  .load(${source})
  .then(async () => (await minute(memfabric)) + '; ' + (await minute(memfabric, 'indexeddb:here')))
  .then(show, (error) => show(error.stack));`;

const page = (script: string, type = 'module'): string => `<!doctype html><meta charset="utf-8"><body><script type="${type}" src="${script}"></script>`;

describe('Chromium loads the installed files', { skip: noChromium }, () => {
  test('as they are', async () => {
    const site = await serve(folder, { '/index.html': page('/plain.js'), '/plain.js': showing('/node_modules/memfabric/wasm/browser.js') });
    assert.equal(await titleOf(`${site.origin}/`), shown(RELAXED));
    await site.close();
  });

  test('through `vite`', async () => {
    await file('main.js', showing('memfabric'));
    await file('index.html', page('/main.js'));
    const server = await createServer({ root: folder, logLevel: 'silent', server: { host: '127.0.0.1', port: 0 } });
    await server.listen();
    assert.equal(await titleOf(String(server.resolvedUrls?.local[0])), shown(RELAXED));
    await server.close();
  });

  test('through `vite build`', async () => {
    await file('main.js', showing('memfabric'));
    await file('index.html', page('/main.js'));
    await viteBuild({ root: folder, logLevel: 'silent', build: { outDir: 'built' } });
    const server = await preview({ root: folder, logLevel: 'silent', build: { outDir: 'built' }, preview: { host: '127.0.0.1', port: 0 } });
    assert.equal(await titleOf(String(server.resolvedUrls?.local[0])), shown(RELAXED));
    await server.close();
  });

  test('through esbuild, with the modules copied beside the bundle', async () => {
    await file('copied.js', showing('memfabric'));
    const out = join(folder, 'copied');
    await build({ absWorkingDir: folder, entryPoints: ['copied.js'], bundle: true, format: 'esm', outdir: out });
    for (const name of ['memfabric.wasm', 'memfabric.simd.wasm', 'memfabric.relaxed.wasm']) await cp(join(wasm, name), join(out, name));
    const site = await serve(out, { '/index.html': page('/copied.js') });
    assert.equal(await titleOf(`${site.origin}/`), shown(RELAXED));
    await site.close();
  });

  test('through esbuild with --loader:.wasm=file, as a script that hands the module over', async () => {
    await file('handed.js', `import module from 'memfabric/wasm/memfabric.simd.wasm';\n${showing('memfabric/wasm/manual', 'fetch(module)')}`);
    const out = join(folder, 'handed');
    await build({ absWorkingDir: folder, entryPoints: ['handed.js'], bundle: true, outdir: out, loader: { '.wasm': 'file' } });
    const site = await serve(out, { '/index.html': page('/handed.js', 'text/javascript') });
    assert.equal(await titleOf(`${site.origin}/`), shown(SEEN));
    await site.close();
  });
});
