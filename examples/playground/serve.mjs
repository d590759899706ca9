// Vite's server with the page, on an address of this machine alone, for those who look: it follows no changes of the files.

import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** Starts it. The port is the first free one from Vite's own on: what a browser keeps, it keeps for an address. */
export async function serve() {
  const server = await createServer({
    root: fileURLToPath(new URL('.', import.meta.url)),
    server: { host: 'localhost', hmr: false, watch: null },
    logLevel: 'warn',
    clearScreen: false,
  });
  await server.listen();
  return server;
}
