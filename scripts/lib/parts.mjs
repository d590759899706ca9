// The parts of the test run. Every folder of `tests/` that holds `*.test.ts` or `*.test.mjs` is one, without being named here.

import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensurePackages } from '../setup.mjs';
import { checkPlatforms } from '../targets.mjs';
import { ensureChromium } from './chromium.mjs';
import { filesBelow } from './files.mjs';
import { testKernels } from './kernels.mjs';
import { inBun, inDeno, inNode } from './node-tests.mjs';
import { root } from './run.mjs';
import { cargoTest } from './rust.mjs';

const tests = join(root, 'tests');
const packaging = join(tests, 'packaging');
const isTest = (file) => /\.test\.(ts|mjs)$/.test(file);
const fromRoot = (file) => relative(root, file).replaceAll('\\', '/');

// One of each kind: what differs between glibc and musl, Linux and macOS, Unix and Windows.
const platforms = ['linux-x64-musl', 'darwin-arm64', 'win32-x64-msvc'];

/** What a part is: a name, a title, its test files if it has any, and a function that runs them and counts. */
export function allParts() {
  return [
    { name: 'rust', title: 'Rust: unit tests, property tests, crash tests, examples of the documentation', run: cargoTest },
    { name: 'platforms', title: 'everything native type-checks for musl, macOS and Windows', run: () => checkPlatforms(platforms) },
    { name: 'kernels', title: 'the kernels as WebAssembly, in Node, with the vector instructions of each module', run: testKernels },
    nodePart('unit', join(root, 'npm', 'test'), 'npm/test: the TypeScript API by itself'),
    ...folders().map((name) => nodePart(name, join(tests, name))),
    runtimePart('bun', 'the conformance suite in Bun', inBun),
    runtimePart('deno', 'the conformance suite in Deno', inDeno),
  ];
}

/** The parts, or the files of a part, whose name contains one of the words. All of them where there are no words. */
export function selectParts(words) {
  if (words.length === 0) return allParts();
  return allParts().flatMap((part) => {
    if (words.some((word) => part.name.includes(word))) return [part];
    const files = (part.files ?? []).filter((file) => words.some((word) => file.includes(word)));
    return files.length > 0 ? [{ ...part, files }] : [];
  });
}

const testsBelow = (folder) => filesBelow(folder).filter(isTest).map(fromRoot).toSorted();
const hasTests = (item) => item.isDirectory() && testsBelow(join(tests, item.name)).length > 0;
const folders = () => readdirSync(tests, { withFileTypes: true }).filter(hasTests).map(({ name }) => name);

/** What a folder of tests needs besides its npm packages. Bun and Deno come with those of the packaging tests. */
const needs = {
  async runtimes() {
    await ensurePackages(packaging);
    await ensureChromium();
  },
};

function nodePart(name, folder, title = fromRoot(folder)) {
  const hasPackages = folder.startsWith(tests) && existsSync(join(folder, 'package.json'));
  return {
    name,
    title,
    files: testsBelow(folder),
    async run(files) {
      if (hasPackages) await ensurePackages(folder);
      await needs[name]?.();
      return inNode(files, { alone: name === 'runtimes' });
    },
  };
}

/** The runtimes come with the packages of the packaging tests. */
function runtimePart(name, title, runtime) {
  return {
    name,
    title,
    async run() {
      await ensurePackages(packaging);
      return runtime(testsBelow(join(tests, 'conformance')));
    },
  };
}
