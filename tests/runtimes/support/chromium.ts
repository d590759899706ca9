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

/** The title that a page gives itself, in a browser of its own; or what it said of its failure. */
export async function titleOf(url: string): Promise<string> {
  const browser = await startChromium();
  const said: string[] = [];
  try {
    const page = await browser.newPage();
    page.on('pageerror', ({ message }) => said.push(message));
    page.on('console', (message) => said.push(message.text()));
    await page.goto(url);
    await page.waitForFunction('document.title !== ""');
    return await page.title();
  } catch (error) {
    throw new Error([String(error), ...said].join('\n'));
  } finally {
    await browser.close();
  }
}
