/** Opens a memory that the tabs of a browser share. */

import type { BindingFabric } from '../../generated/memfabric_bg.js';
import { MemoryError } from '#api/errors.js';
import { Host } from './host.js';
import { openIndexedDb } from './indexeddb.js';
import { encoded, parseUrl, type Kind } from './name.js';
import { checkFiles, openOpfs } from './opfs.js';
import { failure, type Durability } from './storage.js';

/**
 * Opens `indexeddb:NAME` or `opfs:NAME`. The module must be loaded.
 *
 * @throws MemoryError `invalid_option`; `unsupported` where the runtime lacks something, naming it; `unavailable` if the browser
 * gives no access; `corrupt` if what is stored is damaged.
 */
export async function openHosted(url: string, durability: Durability = 'relaxed'): Promise<BindingFabric> {
  const { kind, name } = parseUrl(url);
  checkRuntime(kind);
  const host = new Host(`memfabric:${kind}:${encoded(name)}`, durability, () => (kind === 'opfs' ? openOpfs(name) : openIndexedDb(name)));
  try {
    await host.join();
  } catch (thrown) {
    await host.end();
    throw failure(thrown);
  }
  const fabric = host.fabric();
  const close = fabric.close.bind(fabric);
  fabric.close = () => close().finally(() => host.end());
  return fabric;
}

/** The interfaces that are needed, by the names that people look for. */
function checkRuntime(kind: Kind): void {
  const here = globalThis;
  const needs: [string, unknown][] = [
    ['BroadcastChannel', here.BroadcastChannel],
    ['navigator.locks', here.navigator?.locks],
    kind === 'opfs' ? ['navigator.storage', here.navigator?.storage] : ['indexedDB', here.indexedDB],
  ];
  const missing = needs.flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0) {
    const why = here.isSecureContext === false ? 'which pages have over https: and from localhost only' : 'which this runtime does not have';
    throw new MemoryError('unsupported', `\`${kind}:NAME\` needs ${missing.join(' and ')}, ${why}`);
  }
  if (kind === 'opfs') checkFiles();
}
