// How many tests passed, failed and were skipped, and what is said of those that failed.

/** The lines that are kept of what a test failed with: enough for a message, not for a stack. */
const LINES = 16;

/** Nothing yet. */
export const none = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** One check that is not a test of its own: a type-check, say. */
export const passed = { ...none(), passed: 1 };
export const failed = (failure) => ({ ...none(), failed: 1, failures: [failure] });
export const skipped = { ...none(), skipped: 1 };

/** Adds `more` to `counts`. */
export function add(counts, { failures, ...more }) {
  for (const name of Object.keys(more)) counts[name] += more[name];
  counts.failures.push(...failures);
  return counts;
}

/** Takes the lines of `cargo test`, one by one, and adds what they say to `counts`. */
export function cargoLines(counts) {
  const failure = collecting(counts);
  return (line) => {
    const found = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/.exec(line);
    if (found) count(counts, { passed: found[1], failed: found[2], skipped: found[3] });
    const name = /^---- (.+) stdout ----$/.exec(line)?.[1];
    if (name !== undefined) failure.begin(name);
    else if (found || line === 'failures:') failure.end();
    else failure.goOn(line);
  };
}

/** Takes the lines of `bun test`. Of what failed it has the names alone: messages come before them, among others. */
export function bunLines(counts) {
  const names = { pass: 'passed', fail: 'failed', skip: 'skipped', todo: 'skipped' };
  return (line) => {
    const found = /^ *(\d+) (pass|fail|skip|todo)$/.exec(line);
    if (found) count(counts, { [names[found[2]]]: found[1] });
    const name = /^\(fail\) (.+)$/.exec(line)?.[1];
    if (name !== undefined) counts.failures.push(name);
  };
}

/** Takes the lines of `deno test`. */
export function denoLines(counts) {
  const failure = collecting(counts);
  let among = false;
  return (line) => {
    const found = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?: \| (\d+) ignored)?/.exec(line);
    if (found) count(counts, { passed: found[1], failed: found[2], skipped: found[3] ?? 0 });
    if (/^ (ERRORS|FAILURES) $/.test(line)) {
      among = line === ' ERRORS ';
      failure.end();
    } else if (among && / => .+:\d+:\d+$/.test(line)) failure.begin(line);
    else failure.goOn(line);
  };
}

/** A run that ended badly without a failed test failed as a whole: it did not compile, or it crashed. */
export function judge(counts, code) {
  return code !== 0 && counts.failed === 0 ? add(counts, failed(`ended with exit code ${code}, though no test failed: see its output above`)) : counts;
}

/** In words. */
export const inWords = (counts) => `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;

/** What is kept of the lines of a message: its beginning, without empty lines. */
export const beginning = (text) => text.split('\n').filter((line) => line.trim() !== '').slice(0, LINES).join('\n');

function count(counts, found) {
  for (const [name, number] of Object.entries(found)) counts[name] += Number(number);
}

/** Collects the lines of one failure after the other. */
function collecting({ failures }) {
  let lines;
  return {
    begin(name) {
      this.end();
      lines = [name];
    },
    goOn(line) {
      lines?.push(line);
    },
    end() {
      if (lines) failures.push(beginning(lines.join('\n')));
      lines = undefined;
    },
  };
}
