// `npm run demo`: reads what is asked for, and shows it.

import { parseArgs } from 'node:util';
import { problem } from './lib/print.mjs';

const USAGE = `npm run demo                    several processes, one memory, in a fresh directory that is removed at the end
npm run demo -- --memory DIR    the same in a directory of yours, which is kept
npm run demo -- browser         a page that searches, writes and watches in the tabs of a browser`;

const { memory, page, help } = read(process.argv.slice(2));
if (help) {
  console.log(USAGE);
} else if (page) {
  const { browser } = await import('./browser.mjs');
  await browser();
} else {
  const { processes } = await import('./processes.mjs');
  process.exitCode = (await processes(memory)) ? 0 : 1;
}

/** What the command line says. */
function read(args) {
  try {
    const options = { memory: { type: 'string' }, help: { type: 'boolean', short: 'h' } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [word, more] = positionals;
    if (more !== undefined || (word !== undefined && word !== 'browser')) throw new Error(`There is no demo ${positionals.join(' ')}`);
    if (word !== undefined && values.memory !== undefined) throw new Error('The page keeps its memory in the browser');
    return { ...values, page: word !== undefined };
  } catch (error) {
    problem(`${error.message}. This is what there is:\n\n${USAGE}`);
    process.exit(1);
  }
}
