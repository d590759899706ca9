// Type-checks the engine, the addon and the Rust package for every platform we make an addon for, whether or not it
// could be built here: `npm run targets`, or with the names of some platforms behind it.
//
// `cargo check` runs build scripts, and SQLite's wants a C compiler for the platform. Nothing of what that compiler
// makes is looked at by a type-check, so a stand-in that writes empty files will do.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { add, failed, none, passed, skipped } from './lib/counts.mjs';
import { targets } from './lib/platforms.mjs';
import { root, run, started } from './lib/run.mjs';
import { ensureTarget } from './lib/rust.mjs';
import { heading, main, say, Stop, took } from './lib/say.mjs';

const packages = ['memfabric-engine', 'memfabric-node', 'memfabric'];

// Understands the ways in which compilers and archivers are told where their output goes.
const standIn = `#!/bin/sh
before=
for word in "$@"; do
  case "$word" in
    [-/]out:*) : > "\${word#?out:}" ;;
    [-/]Fo?*) : > "\${word#?Fo}" ;;
    -o?*) : > "\${word#-o}" ;;
    *.a | *.lib) : > "$word" ;;
  esac
  [ "$before" = -o ] && : > "$word"
  before=$word
done
exit 0
`;

/**
 * Type-checks for a platform; a warning is a failure. Answers `undefined` if that went well, else what was in the way:
 * a sentence that begins with `FAILED`, or with `not checked`.
 */
async function checkPlatform(platform) {
  const target = targets[platform];
  if (process.platform === 'win32') return 'not checked: the stand-in for the C compiler needs a Unix shell';
  if (!(await ensureTarget(target))) return `not checked: the target ${target} is not installed and could not be added with rustup`;
  const compiler = writeStandIn();
  const variable = target.replaceAll('-', '_');
  // A shared library for musl links musl dynamically; without the flag, rustc drops it.
  const flags = target.endsWith('musl') ? '-D warnings -C target-feature=-crt-static' : '-D warnings';
  const env = { SDKROOT: '/', [`CARGO_TARGET_${variable.toUpperCase()}_RUSTFLAGS`]: flags };
  for (const tool of ['CC', 'AR']) env[`${tool}_${variable}`] = compiler;
  const args = ['check', ...packages.flatMap((item) => ['-p', item]), '--target', target];
  return (await run('cargo', args, { env })) === 0 ? undefined : 'FAILED: see the messages of the compiler above';
}

function writeStandIn() {
  const folder = join(root, 'target', 'targets');
  const path = join(folder, 'cc');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, standIn);
  chmodSync(path, 0o755);
  return path;
}

/** Type-checks for some platforms, says how each went, and counts. */
export async function checkPlatforms(platforms) {
  const counts = none();
  const results = [];
  for (const platform of platforms) {
    heading(`${platform} (${targets[platform]})`);
    const since = Date.now();
    const problem = await checkPlatform(platform);
    results.push(`${platform}: ${problem ?? `type-checks (${took(since)})`}`);
    add(counts, problem === undefined ? passed : problem.startsWith('FAILED') ? failed(`${platform} does not type-check: see the messages of the compiler above`) : skipped);
  }
  console.log('');
  for (const result of results) say(result);
  return counts;
}

async function checkNamed() {
  const words = process.argv.slice(2);
  const unknown = words.filter((word) => !(word in targets));
  if (unknown.length > 0) throw new Stop(`No platform is called ${unknown.join(', ')}: there are ${Object.keys(targets).join(', ')}.`);
  const counts = await checkPlatforms(words.length > 0 ? words : Object.keys(targets));
  return counts.failed > 0 ? 1 : 0;
}

if (started(import.meta.url)) await main(checkNamed);
