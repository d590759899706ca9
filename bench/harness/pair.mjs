/** Two processes and a way from the one to the other. */

import { percentile } from './figures.mjs';
import { Helper } from './process.mjs';

/** What the receiver reports of a round. @typedef {{ latencies: number[], seen: number, wrong: number, finishedAt: number }} Report */

export class Pair {
  name;
  #sender;
  #receiver;

  /**
   * @param {string} name
   * @param {Helper} sender
   * @param {Helper} receiver
   */
  constructor(name, sender, receiver) {
    this.name = name;
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /**
   * @param {'memfabric' | 'socket' | 'redis-pubsub' | 'redis-stream'} transport  A file of `transports/`.
   * @param {string} address  A directory, the path of a socket, a port.
   */
  static async start(transport, address) {
    const receiver = new Helper('receiver', [transport, address]);
    await receiver.answer();
    const sender = new Helper('sender', [transport, address]);
    await sender.answer();
    return new Pair(transport, sender, receiver);
  }

  /**
   * Single messages with a pause after each: the receiver sleeps when one comes.
   *
   * @param {number} count
   */
  async pings(count) {
    const { report } = await this.#round({ do: 'pings', count }, count);
    if (report.seen !== count) throw new Error(`${this.name}: ${report.seen} of ${count} messages came`);
    return { p50: percentile(report.latencies, 0.5), p99: percentile(report.latencies, 0.99) };
  }

  /**
   * As many messages as there are, as fast as they go.
   *
   * @param {number} count
   */
  async burst(count) {
    const { report, startedAt } = await this.#round({ do: 'burst', count }, count);
    const elapsed = (report.finishedAt - startedAt) / 1e9;
    return { rate: report.seen / elapsed, lost: count - report.seen + report.wrong };
  }

  async end() {
    await this.#sender.end();
    await this.#receiver.end();
  }

  /**
   * @param {{ do: string, count: number }} order
   * @param {number} count
   */
  async #round(order, count) {
    const reported = this.#receiver.ask({ expect: count });
    const { startedAt } = /** @type {{ startedAt: number }} */ (await this.#sender.ask(order));
    return { startedAt, report: /** @type {Report} */ (await reported) };
  }
}
