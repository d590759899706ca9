/** Colours, for people at a terminal only. */

import * as util from 'node:util';

type Format = Parameters<typeof util.styleText>[0];

/** Whether a stream gets colours: `FORCE_COLOR` decides, then `NO_COLOR`, then whether it is a terminal that has some. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = process.env;
  // The first releases of Node 20 cannot.
  if (typeof util.styleText !== 'function') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return stream.isTTY && stream.hasColors();
}

/** A text in colours, if the stream that it goes to has them. */
export function paint(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return hasColours(stream) ? util.styleText(format, text, { validateStream: false }) : text;
}
