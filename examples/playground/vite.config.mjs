// The page and the tab beside it are two documents. The headers give the clock of the page the microseconds that it shows.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

export default defineConfig({
  base: './',
  server: { headers },
  preview: { headers },
  build: { target: 'es2022', rolldownOptions: { input: [here('index.html'), here('tab.html')] } },
});
