/** Every TypeScript example of the documentation runs as it is written, and prints what it says. */

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { commentExamples } from './comments.js';
import { examplesOf, fileOf, nameOf, pages, program, run, workshop, type Example } from './examples.js';

const END = '(end of the example)';
const { folder, remove } = workshop();
after(remove);

for (const page of pages()) suite(nameOf(page), examplesOf(page));
suite('the doc comments of npm/src', commentExamples());

function suite(name: string, examples: Example[]): void {
  const running = examples.filter(({ runsIn }) => runsIn === 'node');
  if (running.length === 0) return;
  describe(name, { concurrency: 2 }, () => {
    for (const example of running) test(`${example.title} (${example.where})`, { timeout: 60_000 }, () => check(example));
  });
}

async function check(example: Example): Promise<void> {
  const { where, code, prints } = example;
  const path = program(folder, fileOf(example), `${code}console.log('${END}');\n`);
  // What watches goes on until it is ended. Everything else must come to its end, and come there by itself.
  const watches = /\.watch(Memory)?\(/.test(code) && !code.includes("'node:test'") && !code.includes('fabric.close()');
  const outcome = await run(path, watches ? [...prints, END] : undefined);
  const said = `${where} said:\n${outcome.out}\n${outcome.err}`;
  assert.equal(outcome.code, watches ? undefined : 0, said);
  assert.equal(outcome.err, '', said);
  const lines = outcome.out.split('\n');
  for (const line of [...prints, END]) assert.ok(lines.includes(line), `${where} does not print ${line}\n${said}`);
}
