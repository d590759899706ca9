/** XADD and a blocking XREAD: a log that the server keeps, as ours is kept. */

import { Resp } from '../peers/resp.mjs';
import { parse } from './transports.mjs';

/**
 * @param {string} address  A port.
 * @returns {Promise<import('../harness/types.js').Sender>}
 */
export async function sender(address) {
  const client = await Resp.connect(Number(address));
  return { send: (payload) => client.command('XADD', 'burst', '*', 'data', JSON.stringify(payload)), close: () => client.close() };
}

/**
 * @param {string} address
 * @param {(payload: import('../harness/types.js').Payload) => void} take
 * @returns {Promise<import('../harness/types.js').Receiver>}
 */
export async function receiver(address, take) {
  const client = await Resp.connect(Number(address));
  await client.command('DEL', 'burst');
  let open = true;
  const read = async () => {
    let last = '0';
    while (open) {
      const reply = await client.command('XREAD', 'COUNT', 1000, 'BLOCK', 0, 'STREAMS', 'burst', last);
      if (!Array.isArray(reply)) continue;
      for (const [id, text] of entries(reply)) {
        last = id;
        take(parse(text));
      }
    }
  };
  // Closing the connection ends the read that waits.
  read().catch((error) => {
    if (open) throw error;
  });
  return {
    close: () => {
      open = false;
      return client.close();
    },
  };
}

/**
 * The entries of an answer to XREAD of one stream: `[[name, [[id, [field, text]], ...]]]`.
 *
 * @param {import('../harness/types.js').Reply[]} reply
 * @returns {[id: string, text: string][]}
 */
function entries(reply) {
  const [stream] = reply;
  const list = Array.isArray(stream) && Array.isArray(stream[1]) ? stream[1] : [];
  return list.flatMap((entry) => {
    if (!Array.isArray(entry) || !Array.isArray(entry[1])) return [];
    const [id, [, text]] = [entry[0], entry[1]];
    return typeof id === 'string' && typeof text === 'string' ? [/** @type {[string, string]} */ ([id, text])] : [];
  });
}
