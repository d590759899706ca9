/** Asks an index one query after another. It runs in pages and in Node, so that all are measured by the same lines. */

/** @typedef {{ times: number[], mean: number, answers: number[][] }} Asked  Microseconds: of each query, and of one on average. */

/**
 * @param {import('../harness/types.js').VectorPoint} point
 * @param {number} count    How many queries there are.
 * @param {number} repeats  How often each is asked in a row: a single short one is less than the clock can tell.
 * @param {boolean} answered  Whether the rows that were found are wanted.
 * @returns {Promise<Asked>}
 */
export async function ask(point, count, repeats, answered) {
  const times = [];
  const answers = [];
  let spent = 0;
  for (let query = 0; query < count; query++) {
    let answer;
    const before = performance.now();
    for (let turn = 0; turn < repeats; turn++) {
      const asked = point.search(query);
      answer = asked instanceof Promise ? await asked : asked;
    }
    const time = ((performance.now() - before) * 1000) / repeats;
    times.push(time);
    spent += time;
    if (answered) answers.push(Array.from(point.rows(answer)));
  }
  return { times, mean: spent / count, answers };
}
