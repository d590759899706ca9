// Several processes, one memory. They are in files of their own, which use memfabric as any program would: a.mjs, b.mjs,
// c.mjs, writer.mjs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fabric } from 'memfabric';
import { Child, killAll } from './lib/child.mjs';
import * as print from './lib/print.mjs';

const { count, millis } = print;
const begun = Date.now();
let directory = '';
let isOurs = true;

/** Shows it, in a fresh directory or in one that is kept. Answers whether all of it held. */
export async function processes(kept) {
  isOurs = kept === undefined;
  directory = isOurs ? mkdtempSync(join(tmpdir(), 'memfabric-demo-')) : resolve(kept);
  process.once('SIGINT', () => void end().then(() => process.exit(130)));
  try {
    const watcher = await threeProcesses();
    const { desk, seen } = await killed(watcher);
    await back(desk, seen);
  } catch (error) {
    print.check(false, error.message);
  } finally {
    await end();
  }
  const good = print.summary((Date.now() - begun) / 1000);
  if (!isOurs) print.line('', `The memory is in ${directory}\n`);
  return good;
}

/** Leaves nothing behind, unless it was asked for. */
async function end() {
  await killAll();
  if (isOurs) rmSync(directory, { recursive: true, force: true });
}

/** A writes, B reads, C reacts; then B loads the library, and A finds something in it. */
async function threeProcesses() {
  print.step('Three processes share one directory');
  print.detail(directory);
  const c = new Child('c.mjs', directory);
  await c.next('watching');
  print.line('C', `process ${c.pid} watches ticket:*:sentiment in every workflow`);
  const b = new Child('b.mjs', directory);
  await b.next('waiting');
  print.line('B', `process ${b.pid} waits for a ticket in workflow wf-123`);
  const a = new Child('a.mjs', directory);

  const wrote = await a.next('wrote');
  const { workflow, revision } = wrote;
  print.line('A', `process ${a.pid} set ticket:T-123.sentiment in workflow ${workflow}: revision ${revision}`);
  const read = await b.next('read');
  print.line('B', `got it: ${JSON.stringify(read.value)}, written by ${read.author}`);
  const alert = await c.next('alert', (seen) => seen.revision === revision);
  const delay = millis(alert.seen - wrote.begun);
  print.line('C', `${print.strong(`ALERT ${alert.key} is ${alert.mood}`)}, ${delay} after A began to write`);
  const { metadata, ...change } = alert.event;
  print.detail(`the event: ${JSON.stringify(change)}`);
  print.detail(`its author: ${JSON.stringify(metadata)}`);
  const same = read.value.mood === 'angry' && read.author === 'support';
  print.check(same, 'what A wrote in a workflow, B read in the same workflow');
  print.check(!read.elsewhere, 'from another workflow it cannot be seen', 'another workflow saw it');
  print.check(alert.workflow === 'wf-123' && alert.mood === 'angry', "C's watcher called notifications.alert");

  await library(a, b);
  return c;
}

async function library(a, b) {
  print.step('2,000 real passages, and questions to them');
  let shown = 0;
  const loaded = await b.until(() => {
    const now = b.all('loading').at(-1)?.done ?? 0;
    if (now > shown) print.progress('B', 'loads passages', { now, before: shown }, 2_000);
    shown = Math.max(shown, now);
    return b.all('loaded')[0];
  }, 'loaded the passages');
  const stored = `${count(loaded.passages)} vectors of ${loaded.dimensions} dimensions, with their texts`;
  print.line('B', `stored ${stored}, in ${millis(loaded.took)}`);
  const answered = await b.next('answered');
  for (const { query, hits, took } of b.all('found')) answer('B', query, hits, took);
  const times = `${millis(answered.median)} in the middle, ${millis(answered.slowest)} at most`;
  print.line('B', `${answered.queries} queries: ${times}`);
  const found = await a.next('found');
  answer('A', found.query, found.hits, found.took, ', in the Cargo book only');
  const recall = `${(100 * answered.recall).toFixed(1)}% of the ten nearest passages were found`;
  print.check(answered.recall >= 0.95, `${count(loaded.passages)} passages, ${answered.queries} queries: ${recall}`);
  const fits = found.hits.length === 3 && found.hits.every(({ metadata }) => metadata.book === 'cargo');
  print.check(fits, 'A, which loaded nothing, searched what B had stored a moment before');
  const [one, other] = [await a.ended(), await b.ended()];
  print.check(one === 0 && other === 0, 'A and B ended by themselves', `A ended with ${one}, B with ${other}`);
}

function answer(who, query, hits, took, where = '') {
  print.line(who, `“${query}”${where} (${millis(took)})`);
  hits.forEach(print.hit);
}

/** A writer and the watcher are killed in the middle of their work. */
async function killed(c) {
  print.step('kill -9 in the middle of writing');
  const desk = `wf-desk-${begun.toString(36)}`;
  const mine = ({ workflow }) => workflow === desk;
  const alerts = () => c.all('alert').filter(mine).length;
  const writer = new Child('writer.mjs', directory, desk);
  const acknowledged = () => writer.all('acknowledged').length;
  print.line('W', `process ${writer.pid} writes tickets, 32 at a time, each in a batch with their count`);

  await c.until(() => alerts() >= 300, 'seen 300 tickets');
  await c.kill();
  const then = acknowledged();
  print.line('C', `${print.strong('kill -9')} after ${count(alerts())} alerts: now nobody watches`);
  await writer.until(() => acknowledged() >= then + 1_000, 'written another 1,000 tickets');
  await writer.kill();
  print.line('W', `${print.strong('kill -9')} after ${count(acknowledged())} acknowledged tickets`);

  const { keys, total } = await stored(desk);
  const lost = writer.all('acknowledged').filter(({ ticket }) => !keys.has(ticket));
  print.line('', `the demo opens the memory and finds ${count(keys.size)}; what was on its way may be there or not`);
  print.check(
    lost.length === 0,
    `of ${count(acknowledged())} acknowledged tickets none was lost`,
    `of ${count(acknowledged())} acknowledged tickets ${count(lost.length)} were lost`,
  );
  print.check(
    total === keys.size,
    'no batch was half written: the count agrees with the tickets',
    `a batch was half written: the count is ${total}, the tickets are ${keys.size}`,
  );
  return { desk: { id: desk, keys }, seen: c.all('alert').filter(mine) };
}

/** Everything that stands in the writer's workflow. */
async function stored(workflow) {
  const fabric = await Fabric.open(directory);
  const memory = fabric.workflow(workflow);
  const keys = new Set();
  for (let cursor; ; ) {
    const page = await memory.list({ prefix: 'ticket:', limit: 1_000, cursor });
    for (const { key } of page.entries) keys.add(key);
    if ((cursor = page.cursor) === undefined) break;
  }
  const total = await memory.get('tickets');
  await fabric.close();
  return { keys, total };
}

/** The watcher is started again. */
async function back(desk, seen) {
  print.step('C comes back');
  const missed = desk.keys.size - distinct(seen);
  const c = new Child('c.mjs', directory);
  const watching = await c.next('watching');
  print.line('C', `process ${c.pid} watches again, under the same name; it missed ${count(missed)} tickets`);
  const later = () => c.all('alert').filter(({ workflow }) => workflow === desk.id);
  const received = () => distinct([...seen, ...later()]);
  // If it never catches up, the check below says how far it came.
  await c.until(() => received() >= desk.keys.size, 'caught up').catch(() => {});
  const got = later();
  await c.kill();

  const [first] = got;
  const wait = first ? `, the first ${millis(first.seen - watching.at)} after it was back` : '';
  print.line('C', `got ${count(got.length)} tickets${wait}`);
  const twice = seen.length + got.length - received();
  print.check(
    received() === desk.keys.size,
    `C received every ticket that it missed (${count(twice)} came twice: at least once is the promise)`,
    `C received ${count(received())} of ${count(desk.keys.size)} tickets`,
  );
  const ordered = got.every(({ revision }, at) => at === 0 || revision > got[at - 1].revision);
  print.check(ordered, 'in the order in which they were written', 'they came out of order');
}

function distinct(alerts) {
  return new Set(alerts.map(({ key }) => key)).size;
}
