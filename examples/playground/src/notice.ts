/** What the reader must know before all else. */

import { byId, fill } from './dom.ts';

/** Says it at the top of the page. */
export function notice(text: string): void {
  const element = byId('notice');
  fill(element, text);
  element.hidden = false;
}

/** Runs the page; what it fails with is said. */
export async function start(page: () => Promise<void>): Promise<void> {
  try {
    await page();
  } catch (error) {
    notice(`This page could not start: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}
