/** A page of a browser that does what it is told. */

/** @typedef {typeof import('../browser/page.mjs')} Page */
/** @typedef {typeof import('../browser/tabs.mjs')} Tabs */

/** @template T @typedef {{ [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Awaited<Result>> : never }} Remote */

/**
 * Opens a page and hands out the functions of one of its modules.
 *
 * @template T
 * @param {import('playwright-core').BrowserContext} context
 * @param {import('./site.mjs').Site} site
 * @param {string} module  A file of `browser/`.
 * @returns {Promise<{ call: Remote<T>, close(): Promise<void> }>}
 */
async function open(context, site, module) {
  const page = await context.newPage();
  await page.goto(site.url);
  const url = `/bench/browser/${module}.mjs`;
  await page.evaluate(async (at) => void (await import(at)), url);
  const call = new Proxy(/** @type {Remote<T>} */ ({}), {
    get: (_, name) => (/** @type {unknown[]} */ ...args) =>
      page.evaluate(async (what) => (await import(what.url))[what.name](...what.args), { url, name: String(name), args }),
  });
  return { call, close: () => page.close() };
}

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {import('./site.mjs').Site} site
 * @returns {ReturnType<typeof open<Page>>}
 */
export const openPage = (context, site) => open(context, site, 'page');

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {import('./site.mjs').Site} site
 * @returns {ReturnType<typeof open<Tabs>>}
 */
export const openTab = (context, site) => open(context, site, 'tabs');
