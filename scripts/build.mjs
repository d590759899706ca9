// Builds the addon and the JavaScript: `npm run build`. With `--dev` the addon is built quickly and runs slowly.

import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, fingerprint, isStamped } from './lib/files.mjs';
import { addonFile, thisPlatform } from './lib/platforms.mjs';
import { must, root, run, started } from './lib/run.mjs';
import { heading, main, say, Stop, took } from './lib/say.mjs';

const npm = join(root, 'npm');
const dist = join(npm, 'dist');
const distStamp = join(root, 'node_modules', '.memfabric-dist');
const addonStamp = join(root, 'node_modules', '.memfabric-addon');

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

/** Builds `npm/dist` out of `npm/src`, if anything changed. */
export async function buildJs({ force = false } = {}) {
  const settings = ['native.d.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(npm, name));
  const print = fingerprint([...filesBelow(join(npm, 'src')), ...settings]);
  if (!force && isStamped(distStamp, print) && existsSync(dist)) return say('npm/dist is up to date');
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

if (started(import.meta.url)) {
  // Not awaited: setup.mjs imports this file, and would wait for it to end.
  void main(async () => {
    const { ensureTools, ensurePackages } = await import('./setup.mjs');
    heading('Build');
    await ensureTools();
    await ensurePackages();
    await buildNative({ dev: process.argv.includes('--dev'), force: true });
    await buildJs({ force: true });
  });
}
