/** The name of a shared memory. */

import { MemoryError } from '#api/errors.js';
import { show } from '#api/options.js';

/** Where it is kept. */
export type Kind = 'indexeddb' | 'opfs';

/** How long a name may be. */
const LONGEST = 128;

/** Takes `indexeddb:NAME` or `opfs:NAME` apart. */
export function parseUrl(url: string): { kind: Kind; name: string } {
  const colon = url.indexOf(':');
  const [kind, name] = [url.slice(0, colon), url.slice(colon + 1)];
  if (kind !== 'indexeddb' && kind !== 'opfs') {
    throw new MemoryError('unsupported', `here a fabric is opened at \`indexeddb:NAME\` or, in a dedicated worker, at \`opfs:NAME\`, not at ${show(url)}`);
  }
  if (name === '' || name.length > LONGEST || !name.isWellFormed()) {
    throw new MemoryError('invalid_option', `a name has 1 to ${LONGEST} characters, unlike that in ${show(url)}`);
  }
  return { kind, name };
}

/** A name as a part of other names: letters, digits, `-`, `_` and `%`, different for different names. */
export function encoded(name: string): string {
  return encodeURIComponent(name).replace(/[^\w%-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
