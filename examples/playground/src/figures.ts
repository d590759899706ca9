/** What a search takes, and what the memory says of itself. */

import type { Fabric } from 'memfabric';
import type { Query } from './data.ts';
import { fill, h } from './dom.ts';
import { sparkline } from './sparkline.ts';
import type { Timed } from './timing.ts';
import { bytes, count, many, time } from './words.ts';

/** So many searches are shown. */
const KEPT = 40;
/** So many hits of a query are compared with the right answers. */
const TOP = 10;
/** The figures follow changes at this distance, in milliseconds. */
const PAUSE = 250;

const WAYS = { none: '—', floats: 'all numbers', int8: 'bytes, then floats', codes: 'bits, bytes, floats', partitions: 'parts of it' };
const KERNELS: Readonly<Record<string, string>> = { 'relaxed-simd': 'relaxed SIMD, 128 bits', simd128: 'SIMD, 128 bits', scalar: 'scalar' };

/** The figures beside the search. */
export class Figures {
  readonly element: HTMLElement;
  readonly #fabric: Fabric;
  readonly #queries: readonly Query[];
  readonly #time = h('strong', {}, '–');
  readonly #runs = h('span');
  readonly #line = h('div', { class: 'sparkline' });
  readonly #list = h('dl');
  readonly #all = h('p', { class: 'verdict', role: 'status' });
  readonly #opened: number;
  readonly #times: number[] = [];
  #due = false;

  /** `opened`: how long that took, in milliseconds. */
  constructor(fabric: Fabric, queries: readonly Query[], opened: number) {
    this.#fabric = fabric;
    this.#queries = queries;
    this.#opened = opened;
    const button = h('button', { type: 'button', class: 'plain', click: () => void this.#runAll() }, `Ask all ${queries.length} questions`);
    this.element = h(
      'div',
      { class: 'figures' },
      h('p', { class: 'headline' }, this.#time, h('span', {}, 'for a search'), this.#runs),
      this.#line,
      this.#list,
      h('div', { class: 'whole' }, button, this.#all),
    );
    void this.#draw();
    void this.#follow();
  }

  /** A search is done. */
  add({ each, runs }: Timed<unknown>): void {
    this.#times.push(each);
    if (this.#times.length > KEPT) this.#times.shift();
    fill(this.#time, ...figure(time(each)));
    fill(this.#runs, `median of ${runs} runs`);
    fill(this.#line, sparkline(this.#times, time));
    void this.#draw();
  }

  async #follow(): Promise<void> {
    for await (const _ of this.#fabric.watch('*')) {
      if (this.#due) continue;
      this.#due = true;
      setTimeout(() => {
        this.#due = false;
        void this.#draw();
      }, PAUSE);
    }
  }

  async #draw(): Promise<void> {
    const { entries, kernels, revision, vectors } = await this.#fabric.stats();
    const [space] = vectors;
    const size = Object.values(space?.bytes ?? {}).reduce((sum, part) => sum + part, 0);
    const figures: [string, string][] = [
      ['Vectors', `${count(space?.rows ?? 0)} × ${space?.dimensions ?? 0}`],
      ['Their index', bytes(size)],
      ['Compared by', WAYS[space?.path ?? 'none']],
      ['Instructions', KERNELS[kernels] ?? kernels],
      ['Keys', count(entries)],
      ['Revision', count(revision)],
      ['Opened in', time(this.#opened)],
    ];
    fill(this.#list, ...figures.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
  }

  /** Every query, and how many of the ten best are the right ones. */
  async #runAll(): Promise<void> {
    const begun = performance.now();
    const answers = await this.#fabric.global.searchVectors(this.#queries.map(({ embedding }) => embedding), { topK: TOP });
    const took = performance.now() - begun;
    const right = answers.reduce((sum, hits, at) => {
      const best = new Set(this.#queries[at]?.nearest.subarray(0, TOP));
      return sum + hits.filter(({ key }) => best.has(Number(key.split(':')[1]))).length;
    }, 0);
    const all = TOP * this.#queries.length;
    const verdict = right === all ? `all ${count(all)} hits are the right ones` : `${count(right)} of ${many(all, 'hit')} are the right ones`;
    fill(this.#all, h('b', {}, time(took)), ` for all of them, ${time(took / this.#queries.length)} each; ${verdict}.`);
  }
}

/** The number and its unit. */
function figure(text: string): Node[] {
  const [number = '', unit = ''] = text.split(' ');
  return [h('span', {}, number), h('small', {}, ` ${unit}`)];
}
