/** PUBLISH and SUBSCRIBE: through a server that keeps nothing. */

import { Resp } from '../peers/resp.mjs';
import { parse } from './transports.mjs';

/**
 * @param {string} address  A port.
 * @returns {Promise<import('../harness/types.js').Sender>}
 */
export async function sender(address) {
  const client = await Resp.connect(Number(address));
  return { send: (payload) => client.command('PUBLISH', 'ping', JSON.stringify(payload)), close: () => client.close() };
}

/**
 * @param {string} address
 * @param {(payload: import('../harness/types.js').Payload) => void} take
 * @returns {Promise<import('../harness/types.js').Receiver>}
 */
export async function receiver(address, take) {
  const client = await Resp.connect(Number(address));
  client.onMessage = (message) => {
    if (Array.isArray(message) && typeof message[2] === 'string') take(parse(message[2]));
  };
  await client.command('SUBSCRIBE', 'ping');
  return { close: () => client.close() };
}
