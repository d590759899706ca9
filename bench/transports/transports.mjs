/** The ways from one process to another, by name: each is a file here. */

/**
 * @param {string} name
 * @returns {Promise<import('../harness/types.js').Transport>}
 */
export async function transport(name) {
  switch (name) {
    case 'memfabric':
      return import('./memfabric.mjs');
    case 'socket':
      return import('./socket.mjs');
    case 'redis-pubsub':
      return import('./redis-pubsub.mjs');
    case 'redis-stream':
      return import('./redis-stream.mjs');
    default:
      throw new Error(`no transport is called ${name}`);
  }
}

/**
 * A message as it came. Only the bench itself sends any.
 *
 * @param {string} text
 * @returns {import('../harness/types.js').Payload}
 */
export function parse(text) {
  return JSON.parse(text);
}
