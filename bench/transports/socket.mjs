/** A unix socket and a line of JSON: what it costs to wake another Node process at all. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

import { parse } from './transports.mjs';

/**
 * @param {string} address  The path of the socket.
 * @returns {Promise<import('../harness/types.js').Sender>}
 */
export async function sender(address) {
  const socket = connect(address);
  await once(socket, 'connect');
  return {
    send: async (payload) => {
      socket.write(`${JSON.stringify(payload)}\n`);
    },
    close: async () => {
      socket.destroy();
    },
  };
}

/**
 * @param {string} address
 * @param {(payload: import('../harness/types.js').Payload) => void} take
 * @returns {Promise<import('../harness/types.js').Receiver>}
 */
export async function receiver(address, take) {
  const server = createServer((socket) => {
    let rest = '';
    socket.setEncoding('utf8').on('data', (part) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(parse(line));
    });
  }).listen(address);
  await once(server, 'listening');
  return {
    close: async () => {
      server.close();
    },
  };
}
