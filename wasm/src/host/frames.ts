/** How a file of the origin private file system is made: a header, then frames. `docs/format.md` draws it. */

import { MemoryError } from '#api/errors.js';
import { crc32 } from './crc.js';

/** `mfabkept`, as two numbers. */
const MAGIC = [0x6261666d, 0x7470656b];
const FORMAT = 1;

/** Bytes of a header, and of what comes before the bytes of a frame. */
const HEADER = 20;
const PREFIX = 12;

/** Bytes of a file with a snapshot of nothing. */
export const EMPTY = HEADER + PREFIX;

/** What a file holds. */
export interface Contents {
  /** Of two files the one with the higher counts. */
  generation: number;
  /** The first of them is the snapshot. */
  frames: Uint8Array[];
  /** Where the last whole frame ends. */
  end: number;
}

/** Numbers, little-endian, and their checksum. */
function sealed(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length + 4);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, at) => view.setUint32(4 * at, number, true));
  view.setUint32(4 * numbers.length, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/** The header of a file. */
export const header = (generation: number): Uint8Array => sealed(...MAGIC, FORMAT, generation);

/** What is written for these bytes. */
export function frame(bytes: Uint8Array): Uint8Array[] {
  return [sealed(bytes.length, crc32(bytes)), bytes];
}

/** Parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Reads a file; `undefined` if it was never written up to the end of its snapshot. A last frame that is torn is left out.
 *
 * @throws MemoryError `corrupt` where it is damaged before its end; `unsupported` for a newer format.
 */
export function parse(file: Uint8Array, name: string): Contents | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const number = (at: number): number => view.getUint32(at, true);
  const isSealed = (from: number, to: number): boolean => to + 4 <= file.length && crc32(file.subarray(from, to)) === number(to);
  if (!isSealed(0, HEADER - 4) || number(0) !== MAGIC[0] || number(4) !== MAGIC[1]) return undefined;
  if (number(8) > FORMAT) throw new MemoryError('unsupported', `${name} was written by a newer version of memfabric, with format ${number(8)}`);
  const frames: Uint8Array[] = [];
  let at = HEADER;
  while (at < file.length) {
    const start = at + PREFIX;
    const hasPrefix = isSealed(at, start - 4);
    const end = hasPrefix ? start + number(at) : start;
    const bytes = file.subarray(start, end);
    if (!hasPrefix || end > file.length || crc32(bytes) !== number(at + 4)) {
      const isLast = hasPrefix ? end >= file.length : file.subarray(start).every((byte) => byte === 0);
      if (isLast || frames.length === 0) break;
      throw new MemoryError('corrupt', `${name} is damaged: the record at byte ${at}`);
    }
    frames.push(bytes);
    at = end;
  }
  return frames.length === 0 ? undefined : { generation: number(12), frames, end: at };
}
