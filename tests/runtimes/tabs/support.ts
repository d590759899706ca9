/** A server, a browser, and pages that do what a test says. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type BrowserContext, type Frame, type Page } from 'playwright-core';
import { ARGS, program } from '../support/chromium.ts';
import type { Answer, Commands } from './page.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** After so many milliseconds a page that was to do something hangs. */
const TOO_LONG = 60_000;

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = '<!doctype html><meta charset="utf-8"><title>memfabric</title><script type="importmap">{"imports":{"memfabric":"/wasm/browser.js"}}</script><script type="module" src="/page.js"></script>';
const SANDBOX = '<!doctype html><iframe sandbox="allow-scripts" src="/"></iframe>';

/** The origin of a server with the pages of these tests and the package as it was built. */
export async function serve(): Promise<string> {
  const script = await bundle();
  const answer = async (path: string): Promise<string | Buffer> => {
    if (path === '/') return PAGE;
    if (path === '/sandbox.html') return SANDBOX;
    return path === '/page.js' ? script : readFile(join(root, 'npm', path));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), 'http://localhost');
    // A page in a sandbox has no origin, and asks for everything across origins.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('content-type', TYPES[extname(pathname)] ?? 'text/html');
    answer(pathname).then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const { port }: AddressInfo = Object(server.address());
  return `http://localhost:${port}`;
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('page.ts', import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', target: 'es2022', write: false, tsconfig: join(root, 'wasm', 'tsconfig.json') });
  return outputFiles.map(({ text }) => text).join('');
}
/** `plain.test` is this machine too, but not to be trusted. */
const PLAIN = '--host-resolver-rules=MAP plain.test 127.0.0.1';

/** A browser with a profile on disk. */
export class Browser {
  readonly #origin: string;
  readonly #profile: string;
  #context: BrowserContext;

  private constructor(origin: string, profile: string, context: BrowserContext) {
    this.#origin = origin;
    this.#profile = profile;
    this.#context = context;
  }

  /** A browser with an empty profile, or one that has these preferences. */
  static async start(origin: string, preferences?: object): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'memfabric-browser-'));
    if (preferences !== undefined) {
      await mkdir(join(profile, 'Default'));
      await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
    }
    const browser = new Browser(origin, profile, await launch(profile));
    after(async () => {
      await browser.#context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    });
    return browser;
  }

  /** A new tab. `in` says where its code runs: in the page, or in a worker of it. */
  async tab(place: Place = 'window', origin = this.#origin): Promise<Tab> {
    const page = await this.#context.newPage();
    await page.goto(`${origin}/${place === 'worker' ? '?worker' : ''}`);
    return Tab.of(page);
  }

  /** A frame that has no origin. */
  async sandbox(): Promise<Tab> {
    const page = await this.#context.newPage();
    await page.goto(`${this.#origin}/sandbox.html`);
    const [, frame] = page.frames();
    assert.ok(frame !== undefined);
    return Tab.of(page, frame);
  }

  /** Limits what the origin may store, in bytes; without a number, no longer. */
  async quota(quotaSize?: number): Promise<void> {
    const session = await this.#context.newCDPSession(await this.#context.newPage());
    await session.send('Storage.overrideQuotaForOrigin', { origin: this.#origin, ...(quotaSize === undefined ? {} : { quotaSize }) });
  }

  /** Ends it as its user would, and starts it again with the same profile. */
  async restart(): Promise<void> {
    await this.#context.close();
    this.#context = await launch(this.#profile);
  }

  /** Kills it, and starts it again with the same profile. */
  async killAndRestart(): Promise<void> {
    const session = await this.#context.browser()?.newBrowserCDPSession();
    const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {};
    const id = processInfo.find(({ type }) => type === 'browser')?.id;
    assert.ok(id !== undefined);
    const closed = new Promise((resolve) => this.#context.once('close', resolve));
    process.kill(id, 'SIGKILL');
    await closed;
    this.#context = await launch(this.#profile);
  }
}

async function launch(profile: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, { executablePath: String(program), headless: true, args: [...ARGS, PLAIN] });
  context.setDefaultTimeout(TOO_LONG);
  return context;
}

/** Where the code of a page runs. */
export type Place = 'window' | 'worker';

/** Where memories can be kept, and from where. */
export const KINDS = [
  { kind: 'indexeddb', place: 'window' },
  { kind: 'opfs', place: 'worker' },
] as const;

/** A page that does what a test says. */
export class Tab {
  readonly #page: Page;
  readonly #frame: Frame;
  /** What it said, line by line. */
  readonly said: string[] = [];

  private constructor(page: Page, frame: Frame) {
    this.#page = page;
    this.#frame = frame;
    page.on('console', (message) => this.said.push(message.text()));
    page.on('pageerror', (error) => this.said.push(`failed: ${error.message}`));
  }

  static async of(page: Page, frame: Frame = page.mainFrame()): Promise<Tab> {
    const tab = new Tab(page, frame);
    await frame.waitForFunction('globalThis.run !== undefined');
    return tab;
  }

  /** Runs a command of `commands.ts` or `storages.ts`. */
  async run<N extends keyof Commands>(name: N, ...args: Parameters<Commands[N]>): Promise<Awaited<ReturnType<Commands[N]>>> {
    const answer: Answer<N> = await this.#frame.evaluate(`run(${JSON.stringify(name)}, ${JSON.stringify(args)})`);
    if ('value' in answer) return answer.value;
    throw Object.assign(new Error(answer.error.message), answer.error);
  }

  /** Loads a module that imports `memfabric`. */
  async module(content: string): Promise<void> {
    await this.#page.addScriptTag({ type: 'module', content });
  }

  /** Waits until it has said something so many times. What it says that failed ends the wait. */
  async hasSaid(lines: number): Promise<void> {
    for (;;) {
      const failed = this.said.find((line) => line.startsWith('failed '));
      if (failed !== undefined) throw new Error(failed);
      if (this.said.length >= lines) return;
      await this.#page.waitForEvent('console');
    }
  }

  /** Stops the clock of the page, and answers what lets so many milliseconds pass. */
  async stopClock(): Promise<(milliseconds: number) => Promise<void>> {
    const { clock } = this.#page;
    await clock.install();
    return (milliseconds) => clock.fastForward(milliseconds);
  }

  /** Loads the page anew. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.#frame.waitForFunction('globalThis.run !== undefined');
  }

  /** Closes it as its user would. */
  async close(): Promise<void> {
    await this.#page.close();
  }

  /** Kills its process. */
  async kill(): Promise<void> {
    const session = await this.#page.context().newCDPSession(this.#page);
    const crashed = this.#page.waitForEvent('crash');
    // Nobody is left to answer.
    session.send('Page.crash').catch(() => {});
    await crashed;
    await this.#page.close();
  }
}

/** Asserts that something fails with a code, and with a sentence that fits. */
export async function fails(work: Promise<unknown>, code: string, message: RegExp = /./): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

/** Asserts that every revision is above the one before it. */
export function assertRising(revisions: readonly number[]): void {
  assert.deepEqual(revisions, [...new Set(revisions)].toSorted((a, b) => a - b));
}
