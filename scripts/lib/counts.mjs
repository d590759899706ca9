// How many tests passed, failed and were skipped.

/** Nothing yet. */
export const none = () => ({ passed: 0, failed: 0, skipped: 0 });

/** One check that is not a test of its own: a type-check, say. */
export const passed = { passed: 1, failed: 0, skipped: 0 };
export const failed = { passed: 0, failed: 1, skipped: 0 };
export const skipped = { passed: 0, failed: 0, skipped: 1 };

/** Adds `more` to `counts`. */
export function add(counts, more) {
  for (const name of Object.keys(counts)) counts[name] += more[name];
  return counts;
}

/** Adds what a line of `cargo test` says; all other lines say nothing. */
export function addCargoLine(counts, line) {
  const found = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/.exec(line);
  if (found) add(counts, { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3]) });
}

/** Adds what a line of `bun test` says. */
export function addBunLine(counts, line) {
  const found = /^ *(\d+) (pass|fail|skip|todo)$/.exec(line);
  const names = { pass: 'passed', fail: 'failed', skip: 'skipped', todo: 'skipped' };
  if (found) counts[names[found[2]]] += Number(found[1]);
}

/** Adds what a line of `deno test` says. */
export function addDenoLine(counts, line) {
  const found = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?: \| (\d+) ignored)?/.exec(line);
  if (found) add(counts, { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) });
}

/** A run that ended badly without a failed test failed as a whole: it did not compile, or it crashed. */
export function judge(counts, code) {
  return code !== 0 && counts.failed === 0 ? add(counts, failed) : counts;
}

/** In words. */
export const inWords = (counts) => `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
