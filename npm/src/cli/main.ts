/** The command `memfabric`: runs what the arguments name, and ends with a code that says how it went. */

import { report } from './failure.js';
import { outliveReaders } from './output.js';
import { makeProgram } from './program.js';

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  outliveReaders();
  try {
    await makeProgram().parseAsync(words, { from: 'user' });
  } catch (error) {
    // Not `process.exit`: what was printed may still be on its way.
    process.exitCode = report(error, words.includes('--json'));
  }
}

void main();
