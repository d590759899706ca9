/** The playground, used as a person would. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { passages, queries } from '../../../demo/lib/passages.mjs';
import { noChromium, startChromium } from '../support/chromium.ts';
import { beside, entry, own, ready, runVite, Server, told, Visit, vite, write } from './support.ts';

const pictures = fileURLToPath(new URL('../../../target/playground/', import.meta.url));
const all = passages();
const questions = queries();

const textsOf = (page: Page): Promise<string[]> => page.locator('.passage').allTextContents();
const booksOf = async (page: Page): Promise<Set<string>> => new Set(await page.locator('.source .book').allTextContents());

/** The passages that are nearest to a question, of some parts of the documentation. */
function nearest(text: string, ...books: string[]): string[] {
  const question = questions.find((one) => one.text === text);
  assert.ok(question !== undefined);
  const found = question.nearest.flatMap((id) => all[id] ?? []);
  return found.filter(({ source }) => books.length === 0 || books.some((book) => source.startsWith(`${book}/`))).slice(0, 6).map((passage) => passage.text);
}

/** Resolves when the page shows these passages, in this order. */
async function shows(page: Page, texts: string[]): Promise<void> {
  await page.waitForFunction((wanted) => [...document.querySelectorAll('.passage')].map((one) => one.textContent).join('\n') === wanted, texts.join('\n'));
}

describe('the playground', { skip: noChromium, timeout: 600_000 }, () => {
  let server: Server;
  let browser: Browser;
  before(async () => {
    server = await Server.start('demo/main.mjs', 'browser');
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    assert.equal(await server?.end(), 0);
  });
  const begin = (options = {}): Promise<Visit> => Visit.begin(browser, server.address, options);

  test('finds the nearest passages of the question that is picked', async () => {
    await using visit = await begin();
    const page = await visit.open();
    await shows(page, nearest('Creating a Reference Cycle'));
    await page.getByRole('combobox', { name: 'A prepared question' }).click();
    await page.getByRole('option', { name: 'Returning Values from Loops' }).click();
    await shows(page, nearest('Returning Values from Loops'));
    const scores = (await page.locator('.score').allTextContents()).map((text) => Number(text.replace('score ', '')));
    assert.ok(scores.every((score, at) => score > 0 && score <= (scores[at - 1] ?? 1)), scores.join());
    assert.match(String(await page.locator('.status').textContent()), /^6 passages in [\d.]+ (µs|ms)$/);
  });

  test('searches while one types and moves through the questions', async () => {
    await using visit = await begin();
    const page = await visit.open();
    await page.keyboard.press('/');
    await page.keyboard.type('thread');
    const options = page.getByRole('listbox').getByRole('option');
    const offered = await options.locator('span').allTextContents();
    const fitting = questions.filter(({ text }) => text.toLowerCase().includes('thread'));
    assert.deepEqual(offered.toSorted(), fitting.map(({ text }) => text).toSorted());
    await shows(page, nearest(String(offered[0])));
    await page.keyboard.press('ArrowDown');
    await shows(page, nearest(String(offered[1])));
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('combobox', { name: 'A prepared question' }).inputValue(), offered[1]);
    assert.equal(await options.count(), 0);

    await page.getByRole('combobox', { name: 'A prepared question' }).fill('bananas');
    await page.getByText('None of the 60 prepared questions has these words.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('None of the 60 prepared questions has these words.').waitFor({ state: 'hidden' });
  });

  test('filters by source', async () => {
    await using visit = await begin();
    const page = await visit.open();
    const cargo = page.getByRole('button', { name: 'Cargo 719' });
    await cargo.click();
    await page.getByText("filter: { book: 'cargo' }").waitFor();
    assert.deepEqual(await booksOf(page), new Set(['Cargo']));
    await page.getByRole('button', { name: 'Error index 171' }).click();
    await page.getByText("filter: { book: { $in: ['cargo', 'error_codes'] } }").waitFor();
    for (const book of await booksOf(page)) assert.ok(['Cargo', 'Error index'].includes(book), book);
    await cargo.click();
    await page.getByRole('button', { name: 'Error index 171' }).click();
    await shows(page, nearest('Creating a Reference Cycle'));
  });

  test('asks all questions at once, finds what is like a passage, and shows figures', async () => {
    await using visit = await begin();
    const page = await visit.open();
    await page.getByRole('button', { name: 'Ask all 60 questions' }).click();
    await page.getByText('all 600 hits are the right ones').waitFor();
    const [first = '', second = ''] = await textsOf(page);
    await page.getByRole('button', { name: `More passages like: ${first.slice(0, 60)}` }).click();
    await page.getByText('memory.searchVector(passage.embedding').waitFor();
    assert.ok(!(await textsOf(page)).includes(first));
    assert.notEqual((await textsOf(page))[0], second);
    const figures = String(await page.getByRole('complementary', { name: 'Figures' }).textContent());
    for (const figure of [/Vectors2,000 × 384/, /Their index[\d.]+ MB/, /Instructions((relaxed )?SIMD, 128 bits|scalar)/, /Opened in[\d.]+ m?s/]) assert.match(figures, figure);
  });

  test('tells every tab of what one of them writes', async () => {
    await using visit = await begin();
    const page = await visit.open();
    const another = await visit.open();
    await write(own(page), 'session', 'order:7.paid', '{ "amount": 20 }');
    for (const tab of [own(page), beside(page), own(another), beside(another)]) {
      await told(tab, 'set', 'order:7.paid', '{"amount":20}', 'session s-1');
      await entry(tab, 'session', 'order:7.paid').waitFor();
    }
    await beside(another).getByRole('button', { name: 'Count one up' }).click();
    await told(own(page), 'set', 'visits', '2 3');
    await entry(own(page), 'session', 'order:7.paid').getByRole('button', { name: 'Delete order:7.paid' }).click();
    await told(beside(another), 'delete', 'order:7.paid');
    await entry(beside(another), 'session', 'order:7.paid').waitFor({ state: 'detached' });
  });

  test('tells every tab of what has run out', async () => {
    await using visit = await begin();
    const page = await visit.open();
    await write(own(page), 'actor', 'code', '1234', 'for 5 s');
    await entry(beside(page), 'actor', 'code').getByText(/^[1-5] s$/).waitFor();
    for (const tab of [own(page), beside(page)]) {
      await told(tab, 'expire', 'code');
      await entry(tab, 'actor', 'code').waitFor({ state: 'detached' });
    }
  });

  test('keeps what was written when the page is loaded again, and when all tabs were closed', async () => {
    await using visit = await begin();
    const page = await visit.open();
    await write(own(page), 'workflow', 'plan', 'read, then write');
    await told(beside(page), 'set', 'plan');
    await page.reload();
    await ready(page);
    await entry(own(page), 'workflow', 'plan').getByText('read, then write').waitFor();
    await page.close();
    const again = await visit.open();
    await entry(beside(again), 'workflow', 'plan').getByText('read, then write').waitFor();
    await shows(again, nearest('Creating a Reference Cycle'));
  });

  test('goes on when the tab that was there first is closed', async () => {
    await using visit = await begin();
    const first = await visit.open();
    const second = await visit.open();
    await first.close();
    await write(own(second), 'global', 'motd', 'still here');
    await told(beside(second), 'set', 'motd', 'still here');
  });

  test('shows which key hides another, and what another run sees', async () => {
    await using visit = await begin();
    const page = await visit.open();
    const tab = own(page);
    const hiding = tab.getByRole('button', { name: 'Edit language' });
    assert.equal(await hiding.count(), 2);
    assert.equal(await entry(tab, 'actor', 'language').getByRole('button', { name: 'Edit language' }).getAttribute('title'), 'hidden by the workflow');
    await tab.getByLabel('Which workflow').selectOption('wf-2');
    await entry(tab, 'workflow', 'language').waitFor({ state: 'detached' });
    assert.equal(await entry(tab, 'actor', 'language').getByRole('button', { name: 'Edit language' }).getAttribute('title'), '');
    await write(tab, 'workflow', 'only', 'in the second run');
    await told(beside(page), 'set', 'only', 'workflow wf-2');
    assert.equal(await entry(beside(page), 'workflow', 'only').count(), 0);
  });

  test('watches a pattern, and says what is wrong with one', async () => {
    await using visit = await begin();
    const page = await visit.open();
    const tab = own(page);
    await tab.getByLabel('watch').fill('ticket:*:sentiment');
    await write(tab, 'workflow', 'ticket:9', '1');
    await write(tab, 'workflow', 'ticket:9.sentiment', 'calm');
    await told(tab, 'ticket:9.sentiment');
    assert.equal(await tab.getByRole('log').getByText('ticket:9', { exact: true }).count(), 0);
    await tab.getByLabel('watch').fill('ticket:{');
    await tab.getByRole('alert').filter({ hasText: 'invalid_pattern' }).waitFor();
    await tab.getByLabel('watch').fill('*');
    await tab.getByRole('alert').filter({ hasText: 'invalid_pattern' }).waitFor({ state: 'detached' });
    await told(tab, 'ticket:9.sentiment');
    await write(tab, 'workflow', 'steps', '1');
    await entry(tab, 'workflow', 'steps').getByRole('button', { name: 'Add one to steps' }).click();
    await told(tab, 'steps', '1 2');
    await tab.getByRole('button', { name: 'Append a step' }).click();
    await tab.getByRole('status').filter({ hasText: 'invalid_value' }).waitFor();
  });

  test('says so where the browser does not let tabs share, and works by itself', async () => {
    await using visit = await begin();
    const page = await visit.goTo('delete globalThis.BroadcastChannel');
    await page.getByRole('alert').filter({ hasText: 'This tab has a memory of its own' }).waitFor();
    await shows(page, nearest('Creating a Reference Cycle'));
    await own(page).getByRole('button', { name: 'Count one up' }).click();
    await told(own(page), 'set', 'visits', '1 2');
    assert.equal(await page.locator('iframe').count(), 0);
  });

  test('is as light or dark as was chosen, in every document', async () => {
    await using visit = await begin({ colorScheme: 'light' });
    const page = await visit.open();
    const light = (color: string): boolean => Number(/\d+/.exec(color)?.[0]) > 128;
    const inks = (): Promise<string[]> => Promise.all(page.frames().map((frame) => frame.evaluate<string>('getComputedStyle(document.body).color')));
    assert.deepEqual((await inks()).map(light), [false, false]);
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await beside(page).locator(':root[data-theme=dark]').waitFor();
    assert.deepEqual((await inks()).map(light), [true, true]);
  });

  test('has a name for everything that can be used', async () => {
    await using visit = await begin();
    const page = await visit.open();
    for (const frame of page.frames()) {
      for (const control of await frame.locator('button, input, select, a, iframe, ol[role=log]').all()) {
        const snapshot = await control.ariaSnapshot();
        if (await control.isVisible()) assert.match(snapshot, /^- '?\w+ "|^- iframe/, `${await control.evaluate((one) => one.outerHTML)}\n${snapshot}`);
      }
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, width, height] of [['desktop', 1_440, 1_000], ['narrow', 390, 844]] as const) {
      test(`looks as it should: ${name}, ${colorScheme}`, async () => {
        await mkdir(pictures, { recursive: true });
        await using visit = await begin({ colorScheme, viewport: { width, height }, deviceScaleFactor: 2 });
        const page = await visit.open();
        await page.getByRole('button', { name: 'Ask all 60 questions' }).click();
        await page.getByText('all 600 hits are the right ones').waitFor();
        await own(page).getByRole('button', { name: 'Count one up' }).click();
        await beside(page).getByRole('button', { name: 'Next mood' }).click();
        await beside(page).getByRole('button', { name: 'Note for 5 s' }).click();
        await told(own(page), 'set', 'note');
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, 'nothing is wider than the page');
        await page.evaluate('scrollTo(0, 0)');
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`), fullPage: true });
      });
    }
  }
});

describe('the playground as it is built', { skip: noChromium, timeout: 300_000 }, () => {
  test('is a folder of files that any server can serve', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'memfabric-playground-'));
    await runVite('build', 'examples/playground', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn');
    const server = await Server.start(vite, 'preview', 'examples/playground', '--outDir', folder);
    const browser = await startChromium();
    try {
      await using visit = await Visit.begin(browser, server.address);
      const page = await visit.open();
      await shows(page, nearest('Creating a Reference Cycle'));
      await beside(page).getByRole('button', { name: 'Next mood' }).click();
      await told(own(page), 'set', 'ticket:T-123.sentiment');
    } finally {
      await browser.close();
      await server.end();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
