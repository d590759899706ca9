/** The examples of docs/tools.md that need an SDK: with the real ones, of whose models nothing is real. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, describe, test } from 'node:test';

import { examplesOf, fileOf, program, root, run } from '../docs/examples.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const END = '(end of the example)';

mkdirSync(join(root, 'target'), { recursive: true });
const folder = mkdtempSync(join(root, 'target', 'tools-'));
symlinkSync(here('node_modules'), join(folder, 'node_modules'));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
copyFileSync(here('world.mjs'), join(folder, 'world.mjs'));
after(() => rmSync(folder, { recursive: true, force: true }));

const examples = examplesOf(join(root, 'docs', 'tools.md')).filter(({ runsIn }) => runsIn === 'sdk');

describe('the examples of docs/tools.md', { concurrency: 2 }, () => {
  for (const example of examples) {
    test(`${example.title} (${example.where})`, { timeout: 60_000 }, async () => {
      const path = program(folder, fileOf(example), `import './world.mjs';\n${example.code}console.log('${END}');\n`);
      const { code, out, err } = await run(path);
      assert.equal(code, 0, err);
      assert.equal(err, '');
      for (const line of [...example.prints, END]) assert.ok(out.split('\n').includes(line), `it does not print ${line}, but:\n${out}`);
    });
  }
});

test('the examples are well typed, and there is one for each SDK', { timeout: 120_000 }, () => {
  assert.deepEqual(examples.map(({ title }) => title), ['OpenAI, chat completions', 'OpenAI, Responses', 'Anthropic', 'The AI SDK', 'An MCP server of your own']);
  for (const example of examples) writeFileSync(join(folder, `${fileOf(example)}.ts`), example.code);
  copyFileSync(here('globals.d.ts'), join(folder, 'globals.d.ts'));
  const compilerOptions = { skipLibCheck: true, typeRoots: [join(root, 'node_modules', '@types')] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: here('tsconfig.json'), compilerOptions, include: ['*.ts'] }));
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
