/** What is in the bundle, and when it is loaded. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import { root } from './support.js';

interface Output {
  inputs: Record<string, unknown>;
  imports: { path: string; kind: string; external?: boolean }[];
  entryPoint?: string;
}

const { outputs }: { outputs: Record<string, Output> } = JSON.parse(readFileSync(join(root, 'target', 'cli', 'graph.json'), 'utf8'));
const folder = join(root, 'npm', 'dist', 'cli');

/** The chunk that a source file begins. */
function chunkOf(source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
  assert.ok(found !== undefined, source);
  return found[0];
}

/** Everything that is loaded with a chunk, before it is asked to do anything. */
function loadedWith(chunk: string): { inputs: string[]; outside: string[] } {
  const chunks = [chunk];
  const outside = new Set<string>();
  for (const name of chunks) {
    for (const { path, kind, external } of outputs[name]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external === true) outside.add(path);
      else if (!chunks.includes(path)) chunks.push(path);
    }
  }
  return { inputs: chunks.flatMap((name) => Object.keys(outputs[name]?.inputs ?? {})), outside: [...outside] };
}

const packageOf = (input: string): string | undefined => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];

test('the command loads commander and nothing else of others, and no command before it is asked for', () => {
  const { inputs } = loadedWith(chunkOf('npm/src/cli/main.ts'));
  assert.deepEqual([...new Set(inputs.map(packageOf))].filter((name) => name !== undefined), ['commander']);
  for (const name of ['get', 'watch', 'completion', 'search']) assert.ok(!inputs.includes(`npm/src/cli/${name}.ts`), name);
});

test('`memfabric get` loads no other command, and nothing of MCP', () => {
  const { inputs } = loadedWith(chunkOf('npm/src/cli/get.ts'));
  assert.ok(inputs.includes('npm/src/cli/get.ts'));
  for (const input of inputs) {
    assert.doesNotMatch(input, /mcp|modelcontextprotocol|zod|src\/cli\/(set|watch|search|embedder)\./);
    assert.ok([undefined, 'commander'].includes(packageOf(input)), input);
  }
});

test('the API is not in the bundle: the command has the same copy as everybody else', () => {
  for (const { inputs, imports } of Object.values(outputs)) {
    for (const input of Object.keys(inputs)) assert.doesNotMatch(input, /npm\/src\/(api|index|native|workflow)/);
    for (const { path, external } of imports) {
      if (external === true) assert.match(path, /^(node:)?[a-z_/]+$|^\.\.\/\.\.\/(index|workflow)\.mjs$|^\.\.\/(api|workflow)\/[\w/-]+\.js$/, path);
    }
  }
});

test('the licence of every package in the bundle lies beside it', () => {
  const packages = new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs).map(packageOf)));
  const text = readFileSync(join(folder, 'LICENSES.txt'), 'utf8');
  for (const name of packages) {
    if (name === undefined) continue;
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
  }
  assert.match(text, /Permission is hereby granted/);
});

test('the folder holds what the build made, and nothing of an earlier one', () => {
  const made = Object.keys(outputs).map((path) => basename(path));
  assert.deepEqual(readdirSync(folder).toSorted(), [...made, 'LICENSES.txt'].toSorted());
});
