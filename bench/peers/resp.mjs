/**
 * A small client of Redis. Commands of one tick leave in one write and answers come back in order, so many callers share
 * a connection without waiting for each other: less work for each command than the usual clients do.
 */

import { once } from 'node:events';
import { connect } from 'node:net';

/** @typedef {import('../harness/types.js').Reply} Reply */
/** @typedef {{ resolve(reply: Reply): void, reject(error: Error): void }} Waiter */

const INCOMPLETE = Symbol('incomplete');

export class Resp {
  #socket;
  /** @type {Waiter[]} */
  #waiting = [];
  #answered = 0;
  #out = '';
  /** @type {Buffer} */
  #buffer = Buffer.alloc(0);
  #at = 0;
  /** Takes what comes without having been asked for: messages of a subscription. @type {((reply: Reply) => void) | undefined} */
  onMessage;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket.setNoDelay(true);
    socket.on('data', (part) => {
      // A socket without an encoding gives bytes.
      if (typeof part !== 'string') this.#take(part);
    });
    const fail = (/** @type {Error | undefined} */ error) => {
      const reason = error ?? new Error('the connection to Redis was closed');
      for (const waiter of this.#waiting.splice(0).slice(this.#answered)) waiter.reject(reason);
      this.#answered = 0;
    };
    socket.on('error', fail).on('close', () => fail(undefined));
  }

  /**
   * @param {number} port
   * @returns {Promise<Resp>}
   */
  static async connect(port) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Resp(socket);
  }

  /**
   * @param {(string | number)[]} args
   * @returns {Promise<Reply>}
   */
  command(...args) {
    if (this.#out === '') queueMicrotask(() => this.#flush());
    let text = `*${args.length}\r\n`;
    for (const arg of args) {
      const word = typeof arg === 'string' ? arg : String(arg);
      text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
    }
    this.#out += text;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** @returns {Promise<void>} */
  async close() {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #flush() {
    const text = this.#out;
    this.#out = '';
    this.#socket.write(text);
  }

  /** @param {Buffer} part */
  #take(part) {
    this.#buffer = this.#at < this.#buffer.length ? Buffer.concat([this.#buffer.subarray(this.#at), part]) : part;
    this.#at = 0;
    while (this.#at < this.#buffer.length) {
      const start = this.#at;
      const reply = this.#read();
      if (reply === INCOMPLETE) {
        this.#at = start;
        return;
      }
      this.#hand(reply);
    }
  }

  /** @param {Reply} reply */
  #hand(reply) {
    const waiter = this.#waiting[this.#answered];
    if (waiter === undefined) {
      this.onMessage?.(reply);
      return;
    }
    // Those that were answered stay in the list for a while: taking each from its front would move all others.
    if (++this.#answered === this.#waiting.length || this.#answered === 4096) {
      this.#waiting.splice(0, this.#answered);
      this.#answered = 0;
    }
    if (reply instanceof Error) waiter.reject(reply);
    else waiter.resolve(reply);
  }

  /** @returns {Reply | typeof INCOMPLETE} */
  #read() {
    const end = this.#buffer.indexOf('\r\n', this.#at, 'latin1');
    if (end < 0) return INCOMPLETE;
    const kind = this.#buffer[this.#at];
    const line = this.#buffer.toString('latin1', this.#at + 1, end);
    this.#at = end + 2;
    switch (kind) {
      case 0x2b: // +
        return line;
      case 0x2d: // -
        return new Error(`Redis: ${line}`);
      case 0x3a: // :
        return Number(line);
      case 0x24: // $
        return this.#bulk(Number(line));
      case 0x2a: // *
        return this.#array(Number(line));
      default:
        throw new Error('Redis gave an answer of a kind that this client does not know');
    }
  }

  /** @param {number} length */
  #bulk(length) {
    if (length < 0) return null;
    const end = this.#at + length;
    if (end + 2 > this.#buffer.length) return INCOMPLETE;
    const text = this.#buffer.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  /**
   * @param {number} length
   * @returns {Reply | typeof INCOMPLETE}
   */
  #array(length) {
    if (length < 0) return null;
    /** @type {Reply[]} */
    const list = [];
    for (let at = 0; at < length; at++) {
      const reply = this.#read();
      if (reply === INCOMPLETE) return INCOMPLETE;
      list.push(reply);
    }
    return list;
  }
}
