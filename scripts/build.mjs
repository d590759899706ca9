// Builds the addon, the WebAssembly modules and the JavaScript: `npm run build`. With `--dev` what is compiled is built
// quickly, runs slowly, and is large.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { bundleCli, graph } from './lib/cli.mjs';
import { filesBelow, fingerprint, isStamped } from './lib/files.mjs';
import { packageSizes, sizesInWords } from './lib/sizes.mjs';
import { addonFile, thisPlatform } from './lib/platforms.mjs';
import { must, root, run, started } from './lib/run.mjs';
import { heading, main, say, Stop, took } from './lib/say.mjs';
import { buildModules } from './lib/wasm.mjs';

const npm = join(root, 'npm');
const dist = join(npm, 'dist');
const distStamp = join(root, 'node_modules', '.memfabric-dist');
const cli = join(dist, 'cli');
const cliStamp = join(root, 'node_modules', '.memfabric-cli');
const addonStamp = join(root, 'node_modules', '.memfabric-addon');
const wasm = join(root, 'wasm');
const wasmOut = join(npm, 'wasm');
const modulesStamp = join(root, 'node_modules', '.memfabric-modules');
const wasmStamp = join(root, 'node_modules', '.memfabric-wasm');

/**
 * Builds the addon: `npm/memfabric.<platform>.node` and `npm/native.d.ts`. Cargo knows best whether there is anything to
 * do; it is asked unless nothing at all has changed since the last time.
 */
export async function buildNative({ dev = false, force = false } = {}) {
  const addon = addonFile(thisPlatform());
  const print = () => {
    const sources = [...filesBelow(join(root, 'crates')), join(root, 'Cargo.toml'), join(root, 'Cargo.lock')];
    const made = existsSync(addon) ? statSync(addon).mtimeMs : 'none';
    return `${fingerprint([...sources, join(npm, 'package.json')])} ${dev ? 'dev' : 'release'} ${made}`;
  };
  if (!force && existsSync(join(npm, 'native.d.ts')) && isStamped(addonStamp, print())) return say('the addon is up to date');
  const since = Date.now();
  say(`building the addon (${dev ? 'quick' : 'release'} build; the first one compiles SQLite and takes some minutes)`);
  const napi = join(root, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
  const args = ['build', '--platform', '--no-js', '--dts', 'native.d.ts', '--output-dir', npm];
  args.push('--cwd', npm, '--manifest-path', join(root, 'crates', 'node-binding', 'Cargo.toml'));
  if (!dev) args.push('--release');
  // Without its line tables the addon is a quarter of the size; a backtrace still has its names.
  const env = { CARGO_PROFILE_RELEASE_STRIP: 'debuginfo' };
  await must('node', [napi, ...args], 'The addon could not be built: see the messages of the compiler above.', { env });
  if (!existsSync(addon)) throw new Stop(`The build made no ${addon}.`);
  writeFileSync(addonStamp, print());
  say(`the addon is built (${took(since)})`);
}

/** The folders of `npm/src` that are bundled into the command. */
const bundled = ['cli', 'mcp'].map((name) => join(npm, 'src', name));

/** Builds `npm/dist` out of `npm/src`, and the command in it, if anything changed. */
export async function buildJs({ force = false } = {}) {
  await buildApi({ force });
  await buildCli({ force });
}

async function buildApi({ force }) {
  const settings = ['native.d.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(npm, name));
  const sources = filesBelow(join(npm, 'src')).filter((file) => !bundled.some((folder) => file.startsWith(`${folder}${sep}`)));
  const print = fingerprint([...sources, ...settings]);
  if (!force && isStamped(distStamp, print) && existsSync(join(dist, 'index.js'))) return say('npm/dist is up to date');
  const since = Date.now();
  say('building npm/dist');
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const code = await run('node', [tsc, '-p', join(npm, 'tsconfig.build.json')]);
  if (code !== 0) {
    rmSync(dist, { recursive: true, force: true });
    throw new Stop('npm/dist could not be built: see the messages of the TypeScript compiler above.');
  }
  writeFileSync(distStamp, print);
  say(`npm/dist is built (${took(since)})`);
}

/** Builds the command, `npm/dist/cli`, if anything changed. */
export async function buildCli({ force = false } = {}) {
  const settings = [join(npm, 'package.json'), join(root, 'package-lock.json'), join(root, 'scripts', 'lib', 'cli.mjs')];
  const print = fingerprint([...bundled.flatMap(filesBelow), ...settings]);
  if (!force && isStamped(cliStamp, print) && existsSync(join(cli, 'main.mjs')) && existsSync(graph)) return say('the command is up to date');
  const since = Date.now();
  await bundleCli(cli);
  writeFileSync(cliStamp, print);
  say(`the command is built (${took(since)})`);
}

/** Builds the WebAssembly modules, `npm/wasm/*.wasm`, and `wasm/generated`, which links them. */
export async function buildWasm({ dev = false, force = false } = {}) {
  const generated = join(wasm, 'generated');
  const sources = ['core', 'kernels', 'wasm-binding'].flatMap((name) => filesBelow(join(root, 'crates', name)));
  const settings = ['Cargo.toml', 'Cargo.lock', 'xtask/Cargo.lock', 'xtask/src/main.rs', 'scripts/lib/wasm.mjs'].map((name) => join(root, name));
  const print = `${fingerprint([...sources, ...settings])} ${dev ? 'dev' : 'release'}`;
  if (!force && isStamped(modulesStamp, print) && existsSync(wasmOut) && existsSync(generated)) return say('the WebAssembly modules are up to date');
  const since = Date.now();
  say(`building the WebAssembly modules (${dev ? 'quick' : 'release'} build; the first one takes some minutes)`);
  await buildModules({ out: wasmOut, generated, dev });
  writeFileSync(modulesStamp, print);
  say(`the WebAssembly modules are built (${took(since)})`);
}

/** The entry of each kind of runtime. What they share is in files beside them. */
const entries = ['browser', 'workerd', 'edge-light', 'node', 'manual'];

/** Builds the JavaScript around the modules out of `wasm/src` and `npm/src/api`, if anything changed. */
export async function buildWasmJs({ force = false } = {}) {
  const settings = ['tsconfig.json', 'tsconfig.build.json'].map((name) => join(wasm, name));
  const sources = [join(wasm, 'src'), join(wasm, 'generated'), join(npm, 'src', 'api')].flatMap(filesBelow);
  const print = fingerprint([...sources, ...settings]);
  if (!force && isStamped(wasmStamp, print) && existsSync(join(wasmOut, 'browser.js'))) return say('npm/wasm is up to date');
  const since = Date.now();
  say('building npm/wasm');
  for (const name of existsSync(wasmOut) ? readdirSync(wasmOut) : []) {
    if (!name.endsWith('.wasm')) rmSync(join(wasmOut, name), { recursive: true });
  }
  const { build } = await import('esbuild');
  const common = { absWorkingDir: wasm, bundle: true, minify: true, target: 'es2022', outdir: wasmOut, logLevel: 'warning', external: ['*.wasm', '*.wasm?module', 'node:*'], tsconfig: join(wasm, 'tsconfig.json') };
  await build({ ...common, entryPoints: entries.map((name) => `src/${name}.ts`), format: 'esm', splitting: true, chunkNames: 'shared-[hash]' });
  await build({ ...common, entryPoints: ['src/fallback.ts'], format: 'cjs', platform: 'node', outExtension: { '.js': '.cjs' } });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await must('node', [tsc, '-p', join(wasm, 'tsconfig.build.json')], 'The types of npm/wasm could not be built: see the messages of the TypeScript compiler above.');
  for (const file of filesBelow(wasmOut)) if (file.endsWith('.d.ts')) writeFileSync(file, withPaths(file));
  // The package is CommonJS; this folder of it is not.
  writeFileSync(join(wasmOut, 'package.json'), '{\n  "type": "module"\n}\n');
  writeFileSync(wasmStamp, print);
  say(`npm/wasm is built (${took(since)})`);
  say(sizesInWords(packageSizes()));
}

/** Types with paths in the place of `#api`, which is an import of the sources: the folder that they go to is a package of its own. */
function withPaths(file) {
  const api = relative(dirname(file), join(dist, 'api')).replaceAll('\\', '/');
  return readFileSync(file, 'utf8').replaceAll(/(['"])#api\//g, `$1${api}/`);
}

if (started(import.meta.url)) {
  // Not awaited: setup.mjs imports this file, and would wait for it to end.
  void main(async () => {
    const { ensureTools, ensurePackages } = await import('./setup.mjs');
    heading('Build');
    await ensureTools();
    await ensurePackages();
    await buildNative({ dev: process.argv.includes('--dev'), force: true });
    await buildJs({ force: true });
    await buildWasm({ dev: process.argv.includes('--dev'), force: true });
    await buildWasmJs({ force: true });
  });
}
