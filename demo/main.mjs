// `npm run demo`: reads what is asked for, and shows it.

import { parseArgs } from 'node:util';
import { problem } from './lib/print.mjs';

const USAGE = `npm run demo                    several processes, one memory, in a fresh directory that is removed at the end
npm run demo -- --memory DIR    the same in a directory of yours, which is kept
npm run demo -- workflow        a workflow file, and the notebook that its agents fill
npm run demo -- browser         a page that searches, writes and watches in the tabs of a browser`;

const { memory, word, help } = read(process.argv.slice(2));
if (help) {
  console.log(USAGE);
} else if (word === 'workflow') {
  const { workflow } = await import('./workflow.mjs');
  process.exitCode = (await workflow()) ? 0 : 1;
} else if (word === 'browser') {
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
    if (more !== undefined || (word !== undefined && word !== 'browser' && word !== 'workflow')) throw new Error(`There is no demo ${positionals.join(' ')}`);
    if (word === 'browser' && values.memory !== undefined) throw new Error('The page keeps its memory in the browser');
    if (word === 'workflow' && values.memory !== undefined) throw new Error('The workflow has a memory of its own');
    return { ...values, word };
  } catch (error) {
    problem(`${error.message}. This is what there is:\n\n${USAGE}`);
    process.exit(1);
  }
}
