import type { Storage } from './guest/page.ts';
import { bundle, npm } from './support/bundle.ts';
import { inTab, noChromium, type Place } from './support/chromium.ts';
import { suitesIn, type Guest } from './support/remote.ts';
import { serve } from './support/site.ts';

const PAGES: Readonly<Record<Place, string>> = {
  window: '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>',
  worker: `<!doctype html><meta charset="utf-8"><script>new Worker('/page.js', { type: 'module' })</script>`,
};

// Not bundled with the suites, but loaded as a page without a bundler does.
const script = await bundle('page.ts', { alias: { memfabric: '/wasm/browser.js' }, external: ['/wasm/*'] });

async function start(place: Place, storage: Storage): Promise<Guest> {
  const site = await serve(npm, { '/index.html': PAGES[place], '/page.js': script });
  const tab = await inTab(`${site.origin}/`, place, 'runTest');
  return {
    run: async (name) => Object(await tab.evaluate(`runTest(${JSON.stringify(storage)}, ${JSON.stringify(name)})`)),
    close: async () => {
      await tab.close();
      await site.close();
    },
  };
}

const RUNS: readonly [Place, Storage][] = [['window', 'memory'], ['window', 'indexeddb'], ['worker', 'memory'], ['worker', 'indexeddb'], ['worker', 'opfs']];

for (const [place, storage] of RUNS) suitesIn(`Chromium, ${place}, ${storage}`, () => start(place, storage), noChromium);
