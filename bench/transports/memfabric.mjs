/** A write, and a watcher's handler in the other process. */

import { Fabric } from 'memfabric';

/**
 * @param {string} address  A directory.
 * @returns {Promise<import('../harness/types.js').Sender>}
 */
export async function sender(address) {
  const fabric = await Fabric.open(address);
  const memory = fabric.agent('sender').context({ workflowId: 'wf-1' }).memory;
  return { send: (payload) => memory.set('ping:state', payload), close: () => fabric.close() };
}

/**
 * @param {string} address
 * @param {(payload: import('../harness/types.js').Payload) => void} take
 * @returns {Promise<import('../harness/types.js').Receiver>}
 */
export async function receiver(address, take) {
  const fabric = await Fabric.open(address);
  fabric.agent('receiver').watchMemory('ping:*', (event) => {
    take(/** @type {import('../harness/types.js').Payload} */ (event.data));
  });
  return { close: () => fabric.close() };
}
