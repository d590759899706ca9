/** A small server of the loopback: what pages of a browser load. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };

/** Pages are apart from all other sites, so that they get the finest clock there is; and nothing is kept for the next page. */
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>memfabric bench</title><link rel="icon" href="data:,"></html>';

export class Site {
  #server;
  #folders;
  /** @type {Map<string, Uint8Array>} */
  #files = new Map();

  /** @param {Record<string, string>} folders  What lies under the first part of a path. */
  constructor(folders) {
    this.#folders = folders;
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname);
      void this.#find(path).then(
        (body) => response.writeHead(200, { ...HEADERS, 'content-type': TYPES[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream' }).end(body),
        () => response.writeHead(404, HEADERS).end(),
      );
    });
  }

  /** @param {Record<string, string>} folders */
  static async start(folders) {
    const site = new Site(folders);
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get url() {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the system gave no port');
    return `http://127.0.0.1:${address.port}/`;
  }

  /**
   * Something that is not a file, under `/data/`.
   *
   * @param {string} name
   * @param {Uint8Array} bytes
   */
  put(name, bytes) {
    this.#files.set(`/data/${name}`, bytes);
  }

  /** @param {string} path */
  async #find(path) {
    if (path === '/') return PAGE;
    const made = this.#files.get(path);
    if (made !== undefined) return made;
    const [, first = '', ...rest] = path.split('/');
    const folder = this.#folders[first];
    const below = normalize(rest.join(sep));
    if (folder === undefined || below.startsWith('..')) throw new Error(`there is nothing at ${path}`);
    return readFile(join(folder, below));
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
