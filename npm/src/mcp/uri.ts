/** The addresses of what a server offers as resources. */

import type { Scope } from '../api/types.js';

/** An entry, by where it lives. */
export interface EntryAddress {
  scope: Scope;
  id: string;
  key: string;
}

/** The address of every entry, as a template after RFC 6570. */
export const ENTRY_TEMPLATE = 'memfabric://{scope}/{id}/{key}';

/** The address of an entry. There is one spelling, which is also what expanding the template gives. */
export function entryUri({ scope, id, key }: EntryAddress): string {
  return `memfabric://${scope}/${encoded(id)}/${encoded(key)}`;
}

/** The address of the notebook of an instance. No scope is called `notebook`, so it is the address of no entry. */
export function notebookUri(scope: Scope, id: string): string {
  return `memfabric://notebook/${scope}/${encoded(id)}`;
}

/**
 * The entry that an address is of; `undefined`: it is of none. Taken apart before anything is decoded, and never resolved: `%2F`
 * and `..` are parts of an id or a key like any others.
 */
export function entryOf(uri: string): EntryAddress | undefined {
  const [, name, id, key] = /^memfabric:\/\/(workflow|session|actor|global)\/([^/?#]+)\/([^/?#]+)$/.exec(uri) ?? [];
  const scope = SCOPES.find((known) => known === name);
  if (scope === undefined || id === undefined || key === undefined) return undefined;
  try {
    return { scope, id: decodeURIComponent(id), key: decodeURIComponent(key) };
  } catch {
    return undefined;
  }
}

const SCOPES: readonly Scope[] = ['workflow', 'session', 'actor', 'global'];

/** Percent-encodes everything but what RFC 3986 calls unreserved. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
