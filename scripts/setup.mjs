// Makes a fresh clone ready, and a ready one stay so: npm packages, the addon, the JavaScript. `npm run demo` and
// `npm test` begin with this. It needs nothing but Node, so it runs before anything is installed. Folders with packages of
// their own may be named: `node scripts/setup.mjs bench`.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildJs, buildNative, buildWasm, buildWasmJs } from './build.mjs';
import { fingerprint, isStamped } from './lib/files.mjs';
import { ask, must, root, run, started } from './lib/run.mjs';
import { heading, main, say, Stop } from './lib/say.mjs';

const NODE = [20, 19];

/** Looks for Node, Rust and a C compiler. */
export async function ensureTools() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new Stop(`Node ${NODE.join('.')} or newer is needed to build memfabric; this is ${process.versions.node}.`);
  }
  ensureRust();
  await ensureCompiler();
}

function ensureRust() {
  const wanted = /rust-version = "([\d.]+)"/.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
  const found = /^cargo (\d+\.\d+)/.exec(ask('cargo', ['--version']) ?? '')?.[1];
  if (!found) {
    throw new Stop(`Rust ${wanted} or newer is needed, and \`cargo\` is not on the PATH. Install it from https://rustup.rs.`);
  }
  if (Number(found.split('.')[1]) < Number(wanted.split('.')[1])) {
    throw new Stop(`Rust ${wanted} or newer is needed; this is ${found}. With rustup: \`rustup update stable\`.`);
  }
}

async function ensureCompiler() {
  if (process.platform === 'win32' || ask(process.env.CC ?? 'cc', ['--version']) !== undefined) return;
  if (process.getuid?.() === 0 && ask('apt-get', ['--version']) !== undefined) {
    say('installing a C compiler with apt-get, for the bundled SQLite');
    const apt = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
    await run('apt-get', ['update', '-q'], apt);
    await must('apt-get', ['install', '-qy', '--no-install-recommends', 'gcc', 'libc6-dev'], undefined, apt);
    return;
  }
  throw new Stop('A C compiler is needed for the bundled SQLite, and there is no `cc`. On Debian: `apt-get install gcc libc6-dev`.');
}

/**
 * Installs the npm packages of a folder as its lock file has them, unless they are there.
 *
 * Not with `npm ci`: it refuses a lock file that does not list the packages of every platform, and which ones a registry
 * shows depends on the registry. `--no-save` leaves the lock file as it is.
 */
export async function ensurePackages(folder = root) {
  const lock = join(folder, 'package-lock.json');
  const stamp = join(folder, 'node_modules', '.memfabric-setup');
  const files = [lock, join(folder, 'package.json'), join(folder, 'npm', 'package.json')];
  if (isStamped(stamp, fingerprint(files))) return say('the npm packages are up to date');
  say(`installing npm packages${folder === root ? '' : ` for ${folder.slice(root.length)}`}`);
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  await must('npm', args, 'The npm packages could not be installed: see above.', { cwd: folder });
  writeFileSync(stamp, fingerprint(files));
}

/** Everything that the demo and the tests need, and the packages of further folders. */
export async function setup({ dev = false, folders = [] } = {}) {
  heading('Setting up');
  await ensureTools();
  await ensurePackages();
  for (const folder of folders) await ensurePackages(join(root, folder));
  await buildNative({ dev });
  await buildJs();
  await buildWasm({ dev });
  await buildWasmJs();
}

if (started(import.meta.url)) {
  const words = process.argv.slice(2);
  await main(() => setup({ dev: words.includes('--dev'), folders: words.filter((word) => !word.startsWith('--')) }));
}
