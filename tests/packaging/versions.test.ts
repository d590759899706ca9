import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, succeed } from './support.ts';

const read = (...path: string[]): Promise<string> => readFile(join(root, ...path), 'utf8');

async function manifest(...path: string[]): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = JSON.parse(await read(...path));
  return fields;
}

const platforms = await readdir(join(root, 'npm', 'platforms'));
const { version } = await manifest('npm', 'package.json');

/** Folders with npm packages of their own. */
const installed = [[], ['bench'], ['examples', 'playground'], ['tests', 'packaging'], ['tests', 'runtimes']];

test('every package has the same version', async () => {
  const cargo = await read('Cargo.toml');
  const versions = [...cargo.matchAll(/^(?:version|memfabric-\w+) = .*?"(\d+\.\d+\.\d+)"/gm)].map(([, found]) => found);
  assert.ok(versions.length >= 3);
  for (const platform of platforms) versions.push(String((await manifest('npm', 'platforms', platform, 'package.json'))['version']));
  for (const found of versions) assert.equal(found, version);
});

test('every platform package says what it is for, and holds the file that the loader asks for', async () => {
  const libraries = new Map([['gnu', 'glibc'], ['musl', 'musl']]);
  for (const platform of platforms) {
    const { name, main, files, os, cpu, libc } = await manifest('npm', 'platforms', platform, 'package.json');
    const [system, machine, library] = platform.split('-');
    assert.equal(name, `@memfabric/${platform}`);
    assert.equal(main, `memfabric.${platform}.node`);
    assert.deepEqual(files, [main]);
    assert.deepEqual(os, [system]);
    assert.deepEqual(cpu, [machine]);
    assert.deepEqual(libc, system === 'linux' ? [libraries.get(String(library))] : undefined);
  }
});

test('the scripts and docs/platforms.md know the same platforms', async () => {
  const program = `import { targets } from './scripts/lib/platforms.mjs'; console.log(Object.keys(targets).sort().join(' '))`;
  const known = await succeed('node', ['--input-type=module', '--eval', program], { cwd: root });
  assert.deepEqual(known.trim().split(' '), platforms.toSorted());
  const page = await read('docs', 'platforms.md');
  for (const platform of platforms) assert.ok(page.includes(`\`${platform}\``), platform);
});

test('no lock file names a registry', async () => {
  for (const folder of installed) {
    const lock = [...folder, 'package-lock.json'];
    assert.doesNotMatch(await read(...lock), /"resolved": "https?:/, lock.join('/'));
  }
});

test('the page about dependencies names every one of them', async () => {
  const page = await read('docs', 'decisions', '0003-dependencies.md');
  const names = new Set<string>();
  for (const folder of [...installed, ['npm']]) {
    const fields = await manifest(...folder, 'package.json');
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const name of Object.keys(fields[kind] ?? {})) names.add(name);
    }
  }
  for (const crate of await readdir(join(root, 'crates'))) {
    const text = await read('crates', crate, 'Cargo.toml');
    for (const section of text.split(/^(?=\[)/m).filter((part) => /^\[.*dependencies\]/.test(part))) {
      for (const [, name] of section.matchAll(/^([\w-]+)(?:\.workspace)? =/gm)) names.add(String(name));
    }
  }
  const ours = [...names].filter((name) => name.startsWith('memfabric'));
  assert.ok(ours.length > 1 && names.size > ours.length + 10);
  for (const name of names) if (!ours.includes(name)) assert.ok(page.includes(`\`${name}\``), name);
});
