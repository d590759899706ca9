/** Tarballs, bare projects, and programs that run in them. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the programs lie that tests run. */
export const apps = fileURLToPath(new URL('apps/', import.meta.url));

/** What a program said, and how it ended. */
export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** A folder of its own, removed after the tests of the file. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'memfabric-packaging-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** After so many milliseconds a program is ended: whatever it was to do, it hangs. */
const TOO_LONG = 120_000;

/** Runs a program to its end. It gets no input. */
export function run(command: string, args: string[], options: { cwd: string; env?: Record<string, string> }): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: '', ...options.env };
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'], shell: needsShell(command), timeout: TOO_LONG });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** Runs a program that must succeed, and answers its output. */
export async function succeed(command: string, args: string[], options: { cwd: string; env?: Record<string, string> }): Promise<string> {
  const { code, out, err } = await run(command, args, options);
  assert.equal(code, 0, `${command} ${args.join(' ')}: ${code ?? 'ended, because it hung'}\n${out}\n${err}`);
  return out;
}

const needsShell = (command: string): boolean => process.platform === 'win32' && /^np[mx]$/.test(command);

/** Node and the system's own programs, and with some luck nothing else: no Rust. */
const BARE_PATH = [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);

/** The environment of a machine on which nobody has installed Rust. */
export const bare: Record<string, string> = process.platform === 'win32' ? {} : { PATH: BARE_PATH, CARGO_HOME: '/nonexistent', RUSTUP_HOME: '/nonexistent' };

/** Makes tarballs with `scripts/pack.mjs`. Answers their paths, the main package first. */
export async function tarballs(...args: string[]): Promise<string[]> {
  const out = await scratch();
  await succeed('node', ['scripts/pack.mjs', '--out', out, ...args], { cwd: root });
  const names = (await readdir(out)).toSorted((a, b) => a.length - b.length);
  return names.map((name) => join(out, name));
}

/** A project with nothing in it but some tarballs, installed without a network and without Rust. */
export async function project(packages: string[], manifest: object = {}): Promise<string> {
  const folder = await scratch();
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'bare', private: true, ...manifest }));
  const args = ['install', '--offline', '--no-audit', '--no-fund', ...packages];
  await succeed('npm', args, { cwd: folder, env: bare });
  return folder;
}

/** Copies a program from `apps` into a project. */
export async function copyApp(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await cp(join(apps, name), path);
  return path;
}

/** The path of a program that came with the npm packages of this folder. */
export const tool = (name: string): string => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));

/** Why a runtime cannot be tested here, or `false`. */
export async function missing(name: string): Promise<string | false> {
  const { code } = await run(tool(name), ['--version'], { cwd: root }).catch(() => ({ code: 1 }));
  return code !== 0 && `the npm package ${name} could not be installed here, or brings no program for this machine`;
}
