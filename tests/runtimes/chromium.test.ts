import { fileURLToPath } from 'node:url';
import { bundle } from './support/bundle.ts';
import { noChromium, startChromium } from './support/chromium.ts';
import { suitesIn, type Guest } from './support/remote.ts';
import { serve } from './support/site.ts';

const npm = fileURLToPath(new URL('../../npm/', import.meta.url));

/** A page or a worker, as far as it runs scripts. */
interface Scope {
  evaluate(script: string): Promise<unknown>;
}

const window = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';
const worker = `<!doctype html><meta charset="utf-8"><script>new Worker('/page.js', { type: 'module' })</script>`;

async function start(place: 'window' | 'worker'): Promise<Guest> {
  // Not bundled with the suites, but loaded as a page without a bundler does.
  const script = await bundle('page.ts', { alias: { memfabric: '/wasm/browser.js' }, external: ['/wasm/*'] });
  const site = await serve(npm, { '/window.html': window, '/worker.html': worker, '/page.js': script });
  const browser = await startChromium();
  const page = await browser.newPage();
  const found = place === 'worker' ? page.waitForEvent('worker') : page;
  await page.goto(`${site.origin}/${place}.html`);
  const scope: Scope = await found;
  while (!(await scope.evaluate('globalThis.runTest !== undefined'))) await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    run: async (name) => Object(await scope.evaluate(`runTest(${JSON.stringify(name)})`)),
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}

suitesIn('Chromium: a window', () => start('window'), noChromium);
suitesIn('Chromium: a worker', () => start('worker'), noChromium);
