/** The examples in the documentation: finding them, and running them as a reader would. */

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One block of TypeScript in a page. */
export interface Example {
  /** The page and the line, such as `README.md:19`. */
  where: string;
  /** The heading above it. */
  title: string;
  /** What it says. */
  code: string;
  /** Where it is run; `undefined`: it can only be type-checked. */
  runsIn: 'node' | 'browser' | 'worker' | 'sdk' | undefined;
  /** What it says that it prints: the comments behind `console.log(...)`. */
  prints: string[];
}

/** The pages of the documentation. */
export function pages(): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join(root, 'docs', name));
  const top = readdirSync(root).map((name) => join(root, name));
  return [...top, ...below].filter((path) => path.endsWith('.md')).sort();
}

/** The name of a page, as one writes it. */
export const nameOf = (path: string): string => relative(root, path).replaceAll('\\', '/');

/** All examples of a page. A block that begins with `ts no-run` is not run, `ts browser` is for a browser, `js worker` for workerd, `ts sdk` for tests/tools. */
export function examplesOf(path: string): Example[] {
  const examples: Example[] = [];
  let title = nameOf(path);
  let fence: { info: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (fence === undefined) {
      if (line.startsWith('#')) title = line.replace(/^#+ */, '');
      else if (line.startsWith('```')) fence = { info: line.slice(3).trim(), line: at + 1, lines: [] };
    } else if (line === '```') {
      if (/^(ts|typescript)\b|^js worker$/.test(fence.info)) examples.push(example(path, title, fence));
      fence = undefined;
    } else {
      fence.lines.push(line);
    }
  }
  return examples;
}

/** Where a block is run that is not for Node alone. */
const ELSEWHERE = ['browser', 'worker', 'sdk'] as const;

function example(path: string, title: string, { info, line, lines }: { info: string; line: number; lines: string[] }): Example {
  const prints = lines.flatMap((text) => /console\.log\(.*[;)]\s*\/\/ (.+)$/.exec(text)?.[1] ?? []);
  const runsIn = info.includes('no-run') ? undefined : (ELSEWHERE.find((place) => info.includes(place)) ?? 'node');
  return { where: `${nameOf(path)}:${line}`, title, code: `${lines.join('\n')}\n`, runsIn, prints };
}

/** Where programs are put so that they find `memfabric`, and the stubs of other packages. Removed by `remove`. */
export function workshop(): { folder: string; remove(): void } {
  mkdirSync(join(root, 'target'), { recursive: true });
  const folder = mkdtempSync(join(root, 'target', 'docs-'));
  cpSync(join(root, 'tests', 'docs', 'world', 'ai'), join(folder, 'node_modules', 'ai'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The name of an example as a file, without an ending. */
export const fileOf = ({ where }: Example): string => where.replaceAll(/[^A-Za-z0-9]/g, '-');

/** Writes TypeScript down as a program that Node runs. Answers its path. */
export function program(folder: string, name: string, code: string): string {
  const path = join(folder, `${name}.mjs`);
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  writeFileSync(path, ts.transpileModule(code, { compilerOptions }).outputText);
  return path;
}

/** What a program said before it ended, or before it was ended. */
export interface Outcome {
  /** `undefined` if it was ended. */
  code: number | null | undefined;
  out: string;
  err: string;
}

/**
 * Runs a program in an empty directory, with the stubs of `world/`. With `until`, it is ended once it has printed all of
 * these lines: a program that watches does not end by itself.
 */
export async function run(path: string, until?: readonly string[]): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'memfabric-docs-'));
  const world = new URL('world/index.mjs', import.meta.url).href;
  const env = { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, ['--import', world, path], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  let enough = false;
  const missing = new Set(until);
  createInterface({ input: child.stdout }).on('line', (line) => {
    out += `${line}\n`;
    missing.delete(line);
    if (until === undefined || missing.size > 0 || enough) return;
    enough = true;
    child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  rmSync(cwd, { recursive: true, force: true });
  return { code: enough ? undefined : code, out, err };
}
