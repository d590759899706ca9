/** docs/workflow.md has every limit, as it is. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/workflow.md shows the limits of both halves, and no others', () => {
  const rust = [...read('crates/workflow/src/limits.rs').matchAll(/^pub const (\w+): \w+ = ([\d_ <]+);/gm)];
  const here = [...read('npm/src/workflow/limits.ts').matchAll(/^export const (\w+) = ([\d_ <]+);/gm)];
  const limits = Object.fromEntries([...rust, ...here].map(([, name = '', value = '']) => [name, valueOf(value)]));
  assert.ok(Object.keys(limits).length > 15);
  const rows = [...read('docs/workflow.md').matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \|/gm)];
  assert.deepEqual(Object.fromEntries(rows.map(([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))])), limits);
});

/** A number as both languages write it: `100_000`, `16 << 20`. */
function valueOf(text: string): number {
  const [number = 0, shift = 0] = text.replaceAll('_', '').split('<<').map(Number);
  return number * 2 ** shift;
}
