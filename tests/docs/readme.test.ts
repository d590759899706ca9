/** What the pages say beside their examples: tables, links, folders. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { matches } from 'memfabric';

import { ERROR_CODES } from '../../npm/src/api/errors.js';
import { nameOf, pages, root } from './examples.js';

const textOf = (path: string): string => readFileSync(path, 'utf8');
const readme = textOf(join(root, 'README.md'));

/** The rows of the table below a heading, as cells of `code` words. */
function table(text: string, heading: string): string[][][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  assert.ok(section !== undefined, `there is a section ${heading}`);
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  const words = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
  return rows.slice(2).map((row) => row.split('|').slice(1, -1).map(words));
}

test('the patterns of the README match what it says', () => {
  const rows = table(readme, 'Patterns');
  assert.ok(rows.length > 5);
  for (const [[pattern = ''] = [], hits = [], misses = []] of rows) {
    for (const key of hits) assert.ok(matches(pattern, key), `${pattern} matches ${key}`);
    for (const key of misses) assert.ok(!matches(pattern, key), `${pattern} does not match ${key}`);
  }
});

test('the patterns for those who come from AgentField match what they say', () => {
  const page = textOf(join(root, 'docs', 'from-agentfield.md'));
  const rows = page.split('\n').filter((line) => /\| (yes|no)\b[^|]*\|$/.test(line));
  assert.ok(rows.length > 3);
  for (const row of rows) {
    const [, pattern = '', key = ''] = /`([^`]+)` \| `([^`]+)`/.exec(row) ?? [];
    const [, there = '', here = ''] = /\| (yes|no) \| (yes|no)/.exec(row) ?? [];
    assert.equal(matches(pattern, key), here === 'yes', `${pattern} and ${key}`);
    // There, a star is any run of characters, and nothing else is special.
    const old = new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
    assert.equal(old.test(key), there === 'yes', `${pattern} and ${key} in AgentField`);
  }
});

test('the README names every error code, and no other', () => {
  const named = table(readme, 'Errors').flatMap(([codes = []]) => codes);
  assert.deepEqual(named.toSorted(), [...ERROR_CODES].toSorted());
});

test('the README names the folders that there are', () => {
  for (const [[...folders] = []] of table(readme, 'The folders')) {
    for (const folder of folders) assert.ok(existsSync(join(root, folder)), folder);
  }
});

test('no link between the pages is broken', () => {
  const broken = pages().flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target) && !existsSync(join(dirname(page), target)))
      .map((target) => `${nameOf(page)}: ${target}`),
  );
  assert.deepEqual(broken, []);
});
