/** Where the file of a notebook is. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { World } from './world.ts';

const entry = new URL('../../npm/index.mjs', import.meta.url);

describe('the directory of a notebook', { timeout: 60_000 }, () => {
  const world = new World();

  test('stays where it is when the process goes elsewhere', () => {
    for (const name of ['one', 'other']) mkdirSync(join(world.directory, name, 'run'), { recursive: true });
    const program = `
      const { Notebook } = await import(${JSON.stringify(entry.href)});
      const notebook = await Notebook.open('./run', '# Seed');
      process.chdir('../other');
      await notebook.write('a', 'one');
      console.log(notebook.filePath);
      await notebook.close();
    `;
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: join(world.directory, 'one'), encoding: 'utf8' });
    assert.match(said, /^\.[/\\]run[/\\]memory\.md\n$/);
    assert.match(readFileSync(join(world.directory, 'one', 'run', 'memory.md'), 'utf8'), /^# Seed\n\[\S+\] \[a\] one\n$/);
    assert.equal(existsSync(join(world.directory, 'other', 'run', 'memory.md')), false);
  });
});
