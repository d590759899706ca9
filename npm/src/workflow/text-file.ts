/** Reads files that a workflow names: text, and not too much of it. */

import { open, stat } from 'node:fs/promises';

import { MemoryError } from '../api/errors.js';
import { fileFailure } from './failure.js';

/** The text of a file. `what` begins each message: where the file is named, and what it is. */
export async function readText(path: string, what: string, limit: number): Promise<string> {
  // Looked at first: to open a pipe waits for somebody who writes into it.
  const found = await stat(path).catch((error: unknown) => {
    throw fileFailure(what, error);
  });
  if (found.isDirectory()) throw new MemoryError('invalid_value', `${what}: it is a directory, not a file`);
  if (!found.isFile()) throw new MemoryError('invalid_value', `${what}: it is no regular file`);
  if (found.size > limit) throw tooLarge(what, found.size, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(path, what, limit));
  } catch (error) {
    if (error instanceof TypeError) throw new MemoryError('invalid_value', `${what}: it is not UTF-8 text`, { cause: error });
    throw error instanceof MemoryError ? error : fileFailure(what, error);
  }
}

/** All bytes of a file, whatever its size was a moment ago. */
async function readBytes(path: string, what: string, limit: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
      if (length > limit) throw tooLarge(what, length, limit);
    }
  } finally {
    await file.close();
  }
}

function tooLarge(what: string, size: number, limit: number): MemoryError {
  return new MemoryError('too_large', `${what}: it has ${size.toLocaleString('en-US')} bytes or more, and ${limit.toLocaleString('en-US')} at most are read`);
}
