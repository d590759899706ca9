import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSmallBuild, LIMIT, packageSizes, sizesInWords } from '../../scripts/lib/sizes.mjs';

const skip = !isSmallBuild() && 'the modules come from a quick build, or have the standard library as rustup brings it';

test('a browser downloads no more than it may', { skip }, () => {
  const sizes = packageSizes();
  assert.ok(sizes.sent <= LIMIT, `${sizesInWords(sizes)}; ${LIMIT / 1000} KB is the limit`);
});

test('what it downloads is an entry, what that imports, and one module, the largest', () => {
  const { files, other } = packageSizes();
  const names = files.map(({ name }) => name);
  const isModule = ({ name }) => name.endsWith('.wasm');
  assert.equal(names[0], 'browser.js');
  assert.equal(other.filter(isModule).length, 2);
  for (const module of other.filter(isModule)) assert.ok(isModule(files.at(-1)) && files.at(-1).sent >= module.sent, module.name);
  assert.ok(names.length > 2 && names.slice(1, -1).every((name) => /^shared-\w+\.js$/.test(name)), names.join(' '));
});
