/** The examples of the documentation for workers answer in workerd what they say, request by request. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { build } from 'esbuild';
import { examplesOf, pages, root } from '../docs/examples.ts';
import { npm, wasm } from './support/bundle.ts';
import { noWorkerd, workerd } from './support/workerd.ts';

describe('the examples for workers', () => {
  const examples = pages().flatMap(examplesOf).filter(({ runsIn }) => runsIn === 'worker');

  test('there are some', () => assert.ok(examples.length > 0));

  for (const { code, where } of examples) {
    test(where, { timeout: 60_000, skip: noWorkerd }, async () => {
      const [, answers = ''] = /new Response\(.*\);\s*\/\/ (.+)$/m.exec(code) ?? [];
      const { outputFiles } = await build({
        stdin: { contents: code, resolveDir: root },
        bundle: true,
        format: 'esm',
        write: false,
        alias: { memfabric: join(npm, 'wasm', 'workerd.js') },
        external: ['*.wasm'],
      });
      const worker = workerd(outputFiles.map(({ text }) => text).join(''), await wasm(), { kvNamespaces: ['KV'] });
      try {
        for (const answer of answers.split(', then ')) assert.equal(await worker.fetch('/'), answer);
      } finally {
        await worker.close();
      }
    });
  }
});
