/** Asks an index one query after another. It runs in pages and in Node, so that all are measured by the same lines. */

/** Milliseconds that a turn may take: a slow contestant goes on in its next turn where it stopped. */
const TURN = 500;

/** Microseconds: of each query that was asked, from the first of the turn on. @typedef {{ times: number[], answers: number[][] }} Asked */

/**
 * @param {import('../harness/types.js').VectorPoint} point
 * @param {number} count    How many queries there are.
 * @param {number} from     Which one is the first.
 * @param {number} repeats  How often each is asked in a row: a single short one is less than the clock can tell.
 * @param {boolean} all     Whether all are asked, however long that takes, and what they find is wanted.
 * @returns {Promise<Asked>}
 */
export async function ask(point, count, from, repeats, all) {
  const times = [];
  const answers = [];
  const begin = performance.now();
  for (let step = 0; step < count && (all || performance.now() - begin < TURN); step++) {
    const query = (from + step) % count;
    let answer;
    const before = performance.now();
    for (let turn = 0; turn < repeats; turn++) {
      const asked = point.search(query);
      answer = asked instanceof Promise ? await asked : asked;
    }
    times.push(((performance.now() - before) * 1000) / repeats);
    if (all) answers.push(Array.from(point.rows(answer)));
  }
  return { times, answers };
}
