// Serves the playground, until it is told to end. Its packages are its own: nothing else needs them.

import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Stop } from '../scripts/lib/say.mjs';
import { ensurePackages } from '../scripts/setup.mjs';
import { detail, line, problem, strong } from './lib/print.mjs';

const playground = fileURLToPath(new URL('../examples/playground', import.meta.url));

/** Serves it, and says where. */
export async function browser() {
  try {
    await ensurePackages(playground);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    problem(error.message);
    process.exit(1);
  }
  const { serve } = await import('../examples/playground/serve.mjs');
  const server = await serve();
  console.log();
  line('', `The playground is at ${strong(server.resolvedUrls.local[0])}`);
  detail('Open it in a browser, and once more in another tab. Ctrl-C ends the server; the browser keeps the memory.\n');
  await once(process, 'SIGINT');
  await server.close();
  process.exit(0);
}
