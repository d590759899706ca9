/** A browser without a window to look at. */

import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../../scripts/lib/chromium.mjs';

/** Where it is, if it is there. */
export const program: string | undefined = findChromium();

/** Why tests of a browser cannot run here, or `false`. */
export const noChromium: string | false = program === undefined && 'there is no Chromium here: on Debian `apt-get install chromium`, or name one with CHROMIUM';

/** As root there is no sandbox, and what asks for hosts of its own is off. */
export const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts it with a profile of its own, which is gone with it. */
export function startChromium(): Promise<Browser> {
  if (program === undefined) throw new Error(String(noChromium));
  return chromium.launch({ executablePath: program, headless: true, args: ARGS });
}

/** Where scripts of a page run. */
export type Place = 'window' | 'worker';

interface Scope {
  evaluate(script: string): Promise<unknown>;
}

/** A page, or a worker of it, that runs scripts; in a browser of its own. */
export interface Tab extends Scope {
  close(): Promise<void>;
}

/** Opens a page, and waits until something has a value there. */
export async function inTab(url: string, place: Place, awaited: string): Promise<Tab> {
  const browser = await startChromium();
  const said: string[] = [];
  try {
    const page = await browser.newPage();
    page.on('pageerror', ({ message }) => said.push(message));
    page.on('console', (message) => said.push(message.text()));
    const found = place === 'worker' ? page.waitForEvent('worker') : page;
    await page.goto(url);
    const scope: Scope = await found;
    await until(async () => (await scope.evaluate(`Boolean(globalThis.${awaited})`)) === true);
    return { evaluate: (script) => scope.evaluate(script), close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw new Error([String(error), ...said].join('\n'));
  }
}

/** The title that a page gives itself. */
export async function titleOf(url: string): Promise<string> {
  const tab = await inTab(url, 'window', 'document.title');
  const title = await tab.evaluate('document.title');
  await tab.close();
  return String(title);
}

/** After so many milliseconds a page will not come to it any more. */
const TOO_LONG = 30_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + TOO_LONG;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`the page has not come to it within ${TOO_LONG / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
