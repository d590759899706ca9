/** A notebook with its file, beside a `memory.md` that is rewritten for each entry, as managers of such files do. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { summary } from '../harness/figures.mjs';

const ENTRY = 'x'.repeat(80);

/** @type {import('../harness/types.js').Program} */
export const notebook = {
  name: 'notebook',
  about: 'writing an entry after 10 and after 100,000, and putting a notebook before a prompt',
  peers: 'stores',

  async run(bench) {
    const sizes = [10, bench.size(100_000, 2_000)];
    /** @type {Record<string, number | undefined>} */
    const ours = {};
    for (const entries of sizes) {
      const written = bench.size(300, 20);
      const figure = await bench.interleave(`one entry after ${entries}`, bench.size(9, 2), [
        await opened(bench, entries, written),
        await rewritten(bench, entries, written),
      ]);
      ours[entries] = figure('memfabric', 'p50');
      bench.row({
        what: `write an entry after ${entries.toLocaleString('en-US')}, shown in the file`,
        unit: 'us',
        ours: ours[entries],
        peer: { name: 'rewriting memory.md', value: figure('rewriting', 'p50') },
      });
    }
    bench.row({
      what: 'the same after the larger number, beside after 10',
      unit: 'us',
      ours: ours[sizes[1] ?? 0],
      peer: { name: 'after 10', value: ours[10] },
      goal: { ratioAtMost: 1.5 },
    });
    const large = sizes[1] ?? 0;
    const prompts = await bench.interleave('prompts', bench.size(9, 2), [await injected(bench, large, bench.size(100, 5))]);
    bench.row({ what: `a prompt with 2,000 tokens out of ${large.toLocaleString('en-US')} entries`, unit: 'us', ours: prompts('memfabric', 'p50') });
  },
};

/**
 * A notebook with so many entries.
 *
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {number} entries
 */
async function filled(bench, entries) {
  const { Notebook } = await import('memfabric');
  const directory = bench.scratch.directory('notebook');
  const notes = await Notebook.open(directory);
  bench.atEnd(() => notes.close());
  for (let from = 0; from < entries; from += 1_000) {
    await Promise.all(Array.from({ length: Math.min(1_000, entries - from) }, () => notes.write('agent', ENTRY)));
  }
  return notes;
}

/**
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {number} entries
 * @param {number} count
 * @returns {Promise<import('../harness/types.js').Contestant>}
 */
async function opened(bench, entries, count) {
  const notes = await filled(bench, entries);
  return { name: 'memfabric', round: () => times(count, () => notes.write('agent', ENTRY)) };
}

/**
 * What keeps the text in memory and writes all of it for each entry.
 *
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {number} entries
 * @param {number} count
 * @returns {Promise<import('../harness/types.js').Contestant>}
 */
async function rewritten(bench, entries, count) {
  const path = join(bench.scratch.directory('rewritten'), 'memory.md');
  const line = () => `[${new Date().toISOString().slice(0, 19)}Z] [agent] ${ENTRY}\n`;
  let text = line().repeat(entries);
  const write = () => {
    text += line();
    return writeFile(path, text);
  };
  await write();
  return { name: 'rewriting', round: () => times(Math.min(count, Math.ceil(3_000_000 / entries)), write) };
}

/**
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {number} entries
 * @param {number} count
 * @returns {Promise<import('../harness/types.js').Contestant>}
 */
async function injected(bench, entries, count) {
  const notes = await filled(bench, entries);
  return { name: 'memfabric', round: () => times(count, () => notes.injectIntoPrompt('Review the patch.', { maxTokens: 2_000 })) };
}

/**
 * @param {number} count
 * @param {() => Promise<unknown>} step
 */
async function times(count, step) {
  const taken = new Float64Array(count);
  const begin = performance.now();
  for (let at = 0; at < count; at++) {
    const before = performance.now();
    await step();
    taken[at] = (performance.now() - before) * 1000;
  }
  return summary(taken, performance.now() - begin);
}
