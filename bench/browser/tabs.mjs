/** What a tab does that shares a memory with another one: see `harness/tab.mjs`. */

import { imported } from './memfabric.mjs';

/** Milliseconds between two messages: the other tab is at rest when one comes. */
const PAUSE = 2;

/** Milliseconds that the last message may take. */
const PATIENCE = 10_000;

/** @typedef {{ called: number, acknowledged: number }} Written  Times of the clock that all pages of a browser share. */

/** @type {import('memfabric/wasm').Fabric | undefined} */
let fabric;
/** When each message came. @type {number[]} */
let came = [];
const channel = new BroadcastChannel('bench');
channel.onmessage = (/** @type {{ data: number }} */ { data }) => (came[data] = now());

/** Milliseconds. */
function now() {
  return performance.timeOrigin + performance.now();
}

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} address */
export async function open(address) {
  const { Fabric } = await imported();
  fabric = await Fabric.open(address);
  fabric.agent('bench').watchMemory('ping:*', (event) => {
    if (event.action === 'set') came[Number(event.data)] = now();
  });
}

/** Forgets what came. */
export function clear() {
  came = [];
}

/**
 * Writes, each awaited, with a pause after each.
 *
 * @param {number} count
 * @returns {Promise<Written[]>}
 */
export async function write(count) {
  if (fabric === undefined) throw new Error('there is no memory yet');
  const memory = fabric.memory();
  const written = [];
  for (let n = 0; n < count; n++) {
    const called = now();
    await memory.set('ping:state', n);
    written.push({ called, acknowledged: now() });
    await sleep(PAUSE);
  }
  return written;
}

/**
 * Messages with nothing in between: what it costs to reach another tab at all.
 *
 * @param {number} count
 * @returns {Promise<Written[]>}
 */
export async function post(count) {
  const written = [];
  for (let n = 0; n < count; n++) {
    const called = now();
    channel.postMessage(n);
    written.push({ called, acknowledged: now() });
    await sleep(PAUSE);
  }
  return written;
}

/**
 * When each of so many messages came.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function arrivals(count) {
  const late = now() + PATIENCE;
  while (Object.keys(came).length < count && now() < late) await sleep(PAUSE);
  if (Object.keys(came).length < count) throw new Error(`${Object.keys(came).length} of ${count} messages came`);
  return came;
}

/** Closes the memory. */
export async function close() {
  await fabric?.close();
  channel.close();
}
