/** Ourselves. */

import { keyOf, sample } from '../harness/sample.mjs';
import { versionOf } from './version.mjs';

/** @typedef {import('../harness/types.js').Store & { fabric: import('memfabric').Fabric }} OurStore */

/**
 * What is said when the package cannot be loaded.
 *
 * @param {unknown} error
 */
function unbuilt(error) {
  return new Error(`memfabric cannot be loaded; build it with \`npm run build\`. (${error instanceof Error ? error.message : error})`);
}

/** @returns {Promise<string>} */
export async function ourVersion() {
  try {
    await import('memfabric');
    return versionOf('memfabric');
  } catch (error) {
    throw unbuilt(error);
  }
}

/**
 * @param {string} path
 * @param {import('../harness/types.js').Durability} [durability]
 * @returns {Promise<OurStore>}
 */
export async function openOurs(path, durability = 'process') {
  const { Fabric } = await import('memfabric');
  const fabric = await Fabric.open(path, { durability });
  const memory = fabric.memory();
  return {
    name: 'memfabric',
    fabric,
    get: (key) => memory.get(key),
    set: (key, value) => memory.set(key, value),
    page: async (limit, cursor) => {
      const { entries, cursor: next } = await memory.list({ limit, ...(cursor === undefined ? {} : { cursor }) });
      return { entries, cursor: next };
    },
    fill: async (count) => {
      for (let from = 0; from < count; from += 1000) {
        const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, at) => from + at);
        await memory.batch(numbers.map((n) => ({ type: /** @type {const} */ ('set'), key: keyOf(n), value: sample(n) })));
      }
    },
    rest: () => fabric.flush(),
    close: () => fabric.close(),
  };
}
