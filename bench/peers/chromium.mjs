/** Chromium: the one of the system, without a window, driven by playwright-core. */

import { execFileSync } from 'node:child_process';

import { absence } from './version.mjs';

/** @typedef {import('playwright-core').Browser} Browser */

const PACKAGE = 'playwright-core';

/** Where tests look for it too. It has no types, so it is not imported by name. */
const SEARCH = new URL('../../scripts/lib/chromium.mjs', import.meta.url).href;

/** It is started for this run alone, and is to ask nothing of the network. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** @returns {Promise<import('../harness/types.js').Found<{ launch: () => Promise<Browser> }>>} */
export async function findChromium() {
  /** @type {{ findChromium(): string | undefined }} */
  const search = await import(SEARCH);
  const executablePath = search.findChromium();
  if (executablePath === undefined) return { missing: 'Chromium is missing: on Debian `apt-get install chromium`, or name one with CHROMIUM.' };
  try {
    const { chromium } = /** @type {typeof import('playwright-core')} */ (await import(PACKAGE));
    const text = execFileSync(executablePath, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return {
      version: /[\d.]+/.exec(text)?.[0] ?? 'unknown',
      peer: { launch: () => chromium.launch({ executablePath, headless: true, args: FLAGS }) },
    };
  } catch (error) {
    return { missing: `Chromium cannot be driven: ${PACKAGE}: ${absence(error)}.` };
  }
}
