// Builds the WebAssembly module: three times, by the vector instructions that it may use.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, must, root, run } from './run.mjs';
import { ensureTarget } from './rust.mjs';
import { built } from './sizes.mjs';
import { note, say, Stop, took } from './say.mjs';

const target = 'wasm32-unknown-unknown';

/** The modules, and the vector instructions that each may use. */
export const builds = [
  { file: 'memfabric.relaxed.wasm', folder: 'relaxed', features: ['simd128', 'relaxed-simd'] },
  { file: 'memfabric.simd.wasm', folder: 'simd', features: ['simd128'] },
  { file: 'memfabric.wasm', folder: 'scalar', features: [] },
];

/** What the compiler is told of them. */
export const flagsFor = (features) => features.map((name) => `-Ctarget-feature=+${name}`);

/** What every runtime that has WebAssembly at all has had since 2023. */
const enabled = ['bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];

/** Builds the modules into `out`, and what links them into `generated`. */
export async function buildModules({ out, generated, dev }) {
  const way = await chooseWay(dev);
  const tool = await buildTool();
  mkdirSync(out, { recursive: true });
  rmSync(generated, { recursive: true, force: true });
  let last = Promise.resolve();
  for (const { file, folder, features } of builds) {
    const since = Date.now();
    say(`${file}: compiling`);
    const module = await compile(way, folder, features, dev);
    const linked = join(root, 'target', 'wasm', folder, 'bindgen');
    rmSync(linked, { recursive: true, force: true });
    await must(tool, ['bindgen', module, linked, 'memfabric'], `${file}: wasm-bindgen failed, see above.`);
    keepGlue(linked, generated, file);
    const finish = async () => {
      if (dev) copyFileSync(join(linked, 'memfabric_bg.wasm'), join(out, file));
      else await optimise(join(linked, 'memfabric_bg.wasm'), join(out, file), features);
      say(`${file}: built (${took(since)})`);
    };
    // One module is made small while the next one is compiled.
    await last;
    last = finish();
    last.catch(() => {});
  }
  await last;
  writeFileSync(built, `${dev ? 'dev' : 'release'}, ${way}`);
}

/** The functions that a module imports are the same for all, so there is one script. */
function keepGlue(linked, generated, file) {
  const [script, types] = ['memfabric_bg.js', 'memfabric_bg.d.ts'];
  const text = (folder) => readFileSync(join(folder, script), 'utf8');
  if (existsSync(generated)) {
    if (text(linked) !== text(generated)) throw new Stop(`${file} imports other functions than the module before it: one script cannot serve all.`);
    return;
  }
  mkdirSync(generated, { recursive: true });
  for (const name of [script, types]) copyFileSync(join(linked, name), join(generated, name));
}

/**
 * The smallest modules come from a standard library that is compiled along, for size; that needs its source, which rustup
 * and Debian have. Else the one that rustup brings for the target.
 */
async function chooseWay(dev) {
  if (!dev && canAbort() && (await ensureSource())) return 'source';
  if (await ensureTarget(target)) {
    if (!dev) note('the standard library comes as it is, not compiled along for size (Rust 1.92 and `rustup component add rust-src`): the modules come out larger');
    return 'target';
  }
  if (canAbort() && (await ensureSource())) return 'source';
  throw new Stop(`The Rust target ${target} is needed: \`rustup target add ${target}\`, or \`rustup component add rust-src\`. On Debian: \`apt-get install rustc-web cargo-web rust-web-src\`.`);
}

/** Whether the compiler knows panics that abort at once. */
function canAbort() {
  const [, minor = '0'] = /^rustc 1\.(\d+)/.exec(ask('rustc', ['--version']) ?? '') ?? [];
  return Number(minor) >= 92;
}

async function ensureSource() {
  const sysroot = ask('rustc', ['--print', 'sysroot']);
  const isThere = () => sysroot && existsSync(join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library', 'Cargo.lock'));
  if (isThere()) return true;
  if (ask('rustup', ['--version']) === undefined) return false;
  return (await run('rustup', ['component', 'add', 'rust-src'])) === 0 && isThere();
}

async function compile(way, folder, features, dev) {
  const targetDir = join(root, 'target', 'wasm', folder, way);
  const args = ['build', '-p', 'memfabric-wasm', '--target', target, '--profile', dev ? 'dev' : 'wasm', '--target-dir', targetDir];
  const flags = flagsFor(features);
  const env = {};
  if (way === 'source') {
    // The stable compiler takes these flags if it is told to.
    env.RUSTC_BOOTSTRAP = '1';
    flags.push('-Zunstable-options', '-Cpanic=immediate-abort');
    args.push('-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size');
  }
  env.RUSTFLAGS = flags.join(' ');
  const otherwise = `The module could not be compiled (${way === 'source' ? 'with the standard library from source' : target}): see above.`;
  await must('cargo', args, otherwise, { env });
  return join(targetDir, target, dev ? 'debug' : 'wasm', 'memfabric_wasm.wasm');
}

async function buildTool() {
  const targetDir = join(root, 'target', 'xtask');
  const manifest = join(root, 'xtask', 'Cargo.toml');
  if (!existsSync(join(targetDir, 'release'))) say('compiling wasm-bindgen (the first time takes some minutes)');
  await must('cargo', ['build', '--quiet', '--release', '--locked', '--manifest-path', manifest, '--target-dir', targetDir]);
  return join(targetDir, 'release', process.platform === 'win32' ? 'xtask.exe' : 'xtask');
}

async function optimise(from, to, vectors) {
  const binaryen = join(root, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
  const features = [...enabled, ...vectors].map((name) => `--enable-${name.replace('simd128', 'simd')}`);
  await must('node', [binaryen, '-Oz', '--converge', ...features, from, '-o', to]);
}
