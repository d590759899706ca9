// `npm test`: sets up, runs every part, and counts. `npm test -- NAME ...` runs the parts, or the test files of a
// part, whose name contains a NAME; `npm test -- --list` shows them.

import { add, inWords, none } from './lib/counts.mjs';
import { allParts, selectParts } from './lib/parts.mjs';
import { started } from './lib/run.mjs';
import { heading, main, say, Stop, took } from './lib/say.mjs';
import { setup } from './setup.mjs';

async function test() {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  if (process.argv.includes('--list')) return list();
  const parts = selectParts(words);
  if (parts.length === 0) throw new Stop(`No part and no test file has a name with ${words.join(' or ')}: see \`npm test -- --list\`.`);

  const since = Date.now();
  await setup({ dev: process.argv.includes('--dev') });
  const results = [];
  for (const [index, part] of parts.entries()) {
    heading(`${part.name} (${index + 1} of ${parts.length}): ${part.title}`);
    const from = Date.now();
    const counts = await part.run(part.files);
    results.push({ name: part.name, counts, time: took(from) });
    say(`${part.name}: ${inWords(counts)} (${took(from)})`);
  }
  return summary(results, since);
}

/** What failed comes with the numbers: of a long run, the end is what is read, and often all that is kept. */
function summary(results, since) {
  for (const { name, counts } of results.filter(({ counts }) => counts.failed > 0)) {
    heading(`Failed in ${name}`);
    for (const failure of counts.failures) console.log(failure.replaceAll('\n', '\n    '));
  }
  heading(`Summary, after ${took(since)}`);
  const width = Math.max(...results.map(({ name }) => name.length));
  for (const { name, counts, time } of results) console.log(`${name.padEnd(width)}  ${inWords(counts)} (${time})`);
  const all = results.reduce((sum, { counts }) => add(sum, counts), none());
  console.log(`\n${inWords(all)}`);
  return all.failed > 0 ? 1 : 0;
}

function list() {
  for (const { name, title, files = [] } of allParts()) console.log(`${name}: ${title}${files.length > 0 ? ` (${files.length} files)` : ''}`);
}

if (started(import.meta.url)) await main(test);
