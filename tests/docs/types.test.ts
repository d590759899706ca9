/** Every TypeScript example of the documentation is well typed, those that cannot be run too. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { commentExamples } from './comments.js';
import { examplesOf, fileOf, pages, workshop } from './examples.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test('the examples of the documentation are well typed', () => {
  const { folder, remove } = workshop();
  try {
    const examples = [...pages().flatMap(examplesOf), ...commentExamples()].filter(({ runsIn }) => runsIn !== 'worker' && runsIn !== 'sdk');
    assert.ok(examples.length > 10, 'the documentation has examples');
    for (const example of examples) writeFileSync(join(folder, `${fileOf(example)}.ts`), example.code);
    copyFileSync(here('first-minute.ts'), join(folder, 'first-minute.ts'));
    copyFileSync(here('world/globals.d.ts'), join(folder, 'globals.d.ts'));
    const options = { noUnusedLocals: false, noUnusedParameters: false, noImplicitReturns: false, typeRoots: [here('../../node_modules/@types')] };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: here('../tsconfig.json'), compilerOptions: options, include: ['*.ts'], exclude: [] }),
    );
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  } finally {
    remove();
  }
});
