/** The examples of the command run as they are written, and print what they say; and docs/cli.md leaves nothing out. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { nameOf, pages, root, workshop } from './examples.js';
import { runSession, sessionsOf, words, type Session } from './shell.js';

const noBash = spawnSync('bash', ['--version']).status !== 0 && 'there is no bash here';

for (const page of pages()) {
  const sessions = sessionsOf(page);
  if (sessions.length === 0) continue;
  // The sessions of a page go on where the one before ended, in one folder.
  describe(`the command in ${nameOf(page)}`, { skip: noBash }, () => {
    const { folder, remove } = workshop();
    after(remove);
    let before = '';
    for (const session of sessions) {
      test(`${session.title} (${session.where})`, { timeout: 60_000 }, async () => {
        const exports = session.code.split('\n').filter((line) => line.startsWith('export '));
        await check({ ...session, code: `${before}${session.code}` }, folder);
        before += exports.map((line) => `${line}\n`).join('');
      });
    }
  });
}

async function check(session: Session, folder: string): Promise<void> {
  const { code, said } = await runSession(session, folder);
  const message = `${session.where} said:\n${said}`;
  assert.equal(code, 0, message);
  const lines = said.split('\n').map(words);
  for (const line of session.prints) {
    const at = lines.indexOf(line);
    assert.ok(at !== -1, `${session.where} does not print ${line}\n${message}`);
    lines.splice(at, 1);
  }
  assert.ok(!lines.some((line) => line.startsWith('memfabric: ')), `${session.where} says more than it shows\n${message}`);
}

test('docs/cli.md has a section for every command, and names all of its options', () => {
  const run = (...args: string[]): string => execFileSync(process.execPath, [join(root, 'npm', 'bin', 'memfabric.mjs'), ...args], { encoding: 'utf8' });
  const page = readFileSync(join(root, 'docs', 'cli.md'), 'utf8');
  const [, list = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(run('--help')) ?? [];
  const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
  assert.ok(names.length > 5);
  const sections = new Map(page.split(/^## /m).map((text) => [text.split('\n', 1)[0], text]));
  for (const name of names) {
    const section = sections.get(`\`${name}\``);
    assert.ok(section !== undefined, `there is a section on ${name}`);
    const [own = ''] = run(name, '--help').split('Global Options:');
    for (const [, option = ''] of own.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
      if (option !== '--help') assert.ok(section.includes(option), `${name} ${option}`);
    }
  }
});
