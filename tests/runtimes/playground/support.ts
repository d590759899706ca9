/** The playground as `npm run demo -- browser` serves it, in a browser of its own. */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, FrameLocator, Locator, Page } from 'playwright-core';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** After so many milliseconds a page that was to do something hangs. */
const TOO_LONG = 60_000;

/** A server with the page. */
export class Server {
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(address: string, process: ChildProcess) {
    this.address = address;
    this.#process = process;
  }

  /** Starts a program that says its address. */
  static async start(...args: string[]): Promise<Server> {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1' } });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      const [address] = /http:\/\/localhost:\d+\//.exec(line) ?? [];
      if (address !== undefined) return new Server(address, child);
    }
    throw new Error(`it ended without an address:\n${said.join('\n')}`);
  }

  /** Ends it as its user would. Answers its exit code. */
  async end(): Promise<unknown> {
    const closed = once(this.#process, 'exit');
    this.#process.kill('SIGINT');
    const [code] = await closed;
    return code;
  }
}

/** The program of Vite that came with the playground. */
export const vite = 'examples/playground/node_modules/vite/bin/vite.js';

/** Runs it to its end. */
export async function runVite(...args: string[]): Promise<void> {
  const [code] = await once(spawn(process.execPath, [vite, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }), 'exit');
  assert.equal(code, 0);
}

/** A browser as somebody has it for the first time: its tabs share what they keep. */
export class Visit implements AsyncDisposable {
  /** What went wrong in one of its pages. */
  readonly problems: string[] = [];
  readonly #context: BrowserContext;
  readonly #address: string;

  private constructor(context: BrowserContext, address: string) {
    this.#context = context;
    this.#address = address;
    context.setDefaultTimeout(TOO_LONG);
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(`the console: ${message.text()}`);
    });
    context.on('weberror', (error) => this.problems.push(`an error: ${error.error().stack}`));
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !/^(data|blob):/.test(url)) this.problems.push(`a request to elsewhere: ${url}`);
    });
    context.on('requestfailed', (request) => this.problems.push(`a request failed: ${request.url()} ${request.failure()?.errorText}`));
    context.on('response', (response) => {
      if (response.status() >= 400) this.problems.push(`a request was refused: ${response.status()} ${response.url()}`);
    });
  }

  static async begin(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visit> {
    return new Visit(await browser.newContext({ viewport: { width: 1_440, height: 1_000 }, ...options }), address);
  }

  /** Opens the page in a new tab, and waits until it has found something. */
  async open(): Promise<Page> {
    const page = await this.goTo();
    await ready(page);
    return page;
  }

  /** Opens the page in a new tab. `before`: a script that runs before those of the page. */
  async goTo(before = ''): Promise<Page> {
    const page = await this.#context.newPage();
    await page.addInitScript(before);
    await page.goto(this.#address);
    return page;
  }

  /** Nothing may have gone wrong. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    assert.deepEqual(this.problems, []);
  }
}

/** Resolves when the page and the tab in it are there. */
export async function ready(page: Page): Promise<void> {
  await page.locator('.hit').first().waitFor();
  await own(page).getByRole('log').waitFor();
  await beside(page).getByRole('log').waitFor();
}

/** The tab that the page is. */
export const own = (page: Page): Locator => page.locator('#here');

/** The tab beside it. */
export const beside = (page: Page): FrameLocator => page.frameLocator('#there');

/** Sets a key with the form of a tab. */
export async function write(tab: Locator | FrameLocator, scope: string, key: string, value: string, life = 'for good'): Promise<void> {
  await tab.getByRole('radio', { name: scope }).check();
  await tab.getByLabel('Key', { exact: true }).fill(key);
  await tab.getByLabel('Value, as JSON or text').fill(value);
  await tab.getByLabel('Lives').selectOption(life);
  await tab.getByRole('button', { name: 'Set', exact: true }).click();
}

/** The first line of the feed that has all of these texts, once it is there. */
export async function told(tab: Locator | FrameLocator, ...texts: string[]): Promise<void> {
  let line = tab.getByRole('log').getByRole('listitem');
  for (const text of texts) line = line.filter({ hasText: text });
  await line.first().waitFor();
}

/** The line of a key in a scope. */
export const entry = (tab: Locator | FrameLocator, scope: string, key: string): Locator =>
  tab.getByRole('region', { name: scope, exact: true }).locator(`li:has([aria-label="Edit ${key}"])`);
