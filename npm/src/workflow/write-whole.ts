/** Writing a file of which nobody ever sees a part. */

import { open, rename, rm } from 'node:fs/promises';

import { fileFailure } from './failure.js';

/** Writes a file under another name that is then changed: who reads it sees the old one or the new one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const making = `${path}.new`;
  try {
    // What stands there may lead elsewhere.
    await rm(making, { force: true });
    const file = await open(making, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(making, path);
  } catch (error) {
    throw fileFailure(`${path} cannot be written`, error);
  }
}
