/** A browser without a window to look at. */

import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../../scripts/lib/chromium.mjs';

const program = findChromium();

/** Why tests of a browser cannot run here, or `false`. */
export const noChromium: string | false = program === undefined && 'there is no Chromium here: on Debian `apt-get install chromium`, or name one with CHROMIUM';

/** As root there is no sandbox, and what asks for hosts of its own is off. */
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts it with a profile of its own, which is gone with it. */
export function startChromium(): Promise<Browser> {
  if (program === undefined) throw new Error(String(noChromium));
  return chromium.launch({ executablePath: program, headless: true, args: ARGS });
}
