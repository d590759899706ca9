/** Redis: a server of our own on a free port of the loopback, in a directory of the run, stopped after it. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';

import { sleep } from '../harness/figures.mjs';
import { adopt } from '../harness/process.mjs';
import { keyOf, sample } from '../harness/sample.mjs';
import { Resp } from './resp.mjs';

/** @returns {Promise<import('../harness/types.js').Found<{ start: typeof startRedis }>>} */
export async function findRedis() {
  try {
    const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return { version: /v=(\S+)/.exec(text)?.[1] ?? 'unknown', peer: { start: startRedis } };
  } catch {
    return { missing: 'Redis is left out: there is no `redis-server` here. On Debian and Ubuntu: `apt-get install redis-server`.' };
  }
}

/** A running server. */
export class RedisServer {
  /** Of the loopback. */
  port;
  #child;

  /**
   * @param {number} port
   * @param {import('node:child_process').ChildProcess} child
   */
  constructor(port, child) {
    this.port = port;
    this.#child = child;
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/**
 * Starts a server that keeps an append-only file. It writes each command to the file before it answers; `fsync` says
 * whether it also waits for the disk (`always`) or has it flushed each second (`everysec`). Snapshots and the rewriting of
 * the file are off, so that neither disturbs a round.
 *
 * @param {string} dir
 * @param {'everysec' | 'always'} fsync
 * @returns {Promise<RedisServer>}
 */
async function startRedis(dir, fsync) {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'yes',
    appendfsync: fsync,
    'auto-aof-rewrite-percentage': 0,
    daemonize: 'no',
    loglevel: 'warning',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = adopt(spawn('redis-server', args, { stdio: 'ignore' }));
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    try {
      const client = await Resp.connect(port);
      await client.command('PING');
      await client.close();
      return new RedisServer(port, child);
    } catch {
      await sleep(25);
    }
  }
  child.kill('SIGKILL');
  throw new Error('redis-server did not answer within five seconds');
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/**
 * @param {RedisServer} server
 * @param {'set' | 'job'} kind  `set`: one SET. `job`: what a set of ours does: the previous value is read, the value put,
 *   and a numbered change with both appended to a stream, in one script.
 * @returns {Promise<import('../harness/types.js').Store>}
 */
export async function openRedis(server, kind = 'set') {
  const client = await Resp.connect(server.port);
  const job = kind === 'job' ? String(await client.command('SCRIPT', 'LOAD', JOB)) : '';
  return {
    name: kind === 'set' ? 'Redis' : 'Redis (same job)',
    get: async (key) => {
      const text = await client.command('GET', key);
      return typeof text === 'string' ? JSON.parse(text) : undefined;
    },
    set:
      kind === 'set'
        ? (key, value) => client.command('SET', key, JSON.stringify(value))
        : (key, value) => client.command('EVALSHA', job, 2, key, 'changes', JSON.stringify(value)),
    page: () => {
      throw new Error('Redis keeps no order of its keys');
    },
    fill: async (count) => {
      for (let from = 0; from < count; from += 1000) {
        const commands = [];
        for (let n = from; n < Math.min(from + 1000, count); n++) commands.push(client.command('SET', keyOf(n), JSON.stringify(sample(n))));
        await Promise.all(commands);
      }
    },
    // The file is flushed each second, in the background.
    rest: () => sleep(1100),
    close: () => client.close(),
  };
}

const JOB = `
local previous = redis.call('SET', KEYS[1], ARGV[1], 'GET')
return redis.call('XADD', KEYS[2], 'MAXLEN', '~', 1000000, '*', 'key', KEYS[1], 'data', ARGV[1], 'previous', previous or '')
`;
