/** The search: a query, filters, and what is nearest to it. */

import type { Fabric, Hit, Memory, SearchOptions } from 'memfabric';
import { Combobox, type Option } from './combobox.ts';
import type { Query } from './data.ts';
import { fill, h } from './dom.ts';
import { Filters, titleOf } from './filters.ts';
import { hitItem } from './hits.ts';
import { bookOf, type About, type Library } from './library.ts';
import { timed, type Timed } from './timing.ts';
import { literal, many, time } from './words.ts';

const TOP = 6;
/** What the page begins with. */
const FIRST = 'Creating a Reference Cycle';

/** What is being looked for. */
interface Question {
  embedding: Float32Array;
  /** The passage that it is like, which is no answer. */
  like?: string;
}

type Offer = Option & { query: Query };

/** The part of the page that searches. */
export class Search {
  readonly element: HTMLElement;
  readonly #memory: Memory;
  readonly #combobox: Combobox<Offer>;
  readonly #filters: Filters;
  readonly #call = h('code', { class: 'call' });
  readonly #status = h('p', { class: 'status', role: 'status' });
  readonly #hits = h('ol', { class: 'hits', 'aria-label': 'Passages found' });
  readonly #onSearched: (search: Timed<unknown>) => void;
  #question: Question | undefined;
  #asked = 0;
  #shown = '';

  constructor(fabric: Fabric, library: Library, queries: readonly Query[], onSearched: (search: Timed<unknown>) => void) {
    this.#memory = fabric.global;
    this.#onSearched = onSearched;
    const offers = queries.map((query) => ({ text: query.text, note: titleOf(bookOf(query.source)), query }));
    const ask = ({ query }: Offer): void => void this.#ask({ embedding: query.embedding });
    this.#combobox = new Combobox({
      label: 'A prepared question',
      placeholder: 'Type: threads, cargo, lifetimes …',
      nothing: `None of the ${queries.length} prepared questions has these words. This page has no model, so it can search for nothing else.`,
      options: offers,
      onLook: ask,
      onTake: ask,
    });
    this.#filters = new Filters(library.books, () => void this.#run());
    this.element = h('div', { class: 'search' }, this.#combobox.element, this.#filters.element, this.#call, this.#status, this.#hits);
    const first = offers.find(({ text }) => text === FIRST) ?? offers[0];
    if (first !== undefined) {
      this.#combobox.show(first.text);
      ask(first);
    }
  }

  /** Searches for the same once more. */
  again(): void {
    void this.#run();
  }

  /** Puts the cursor into its field. */
  focus(): void {
    this.#combobox.focus();
  }

  async #like({ key, metadata }: Hit<About>): Promise<void> {
    const vector = await this.#memory.getVector(key);
    if (vector === undefined) return;
    this.#combobox.show(`Like: ${metadata?.text ?? key}`);
    await this.#ask({ embedding: vector.embedding, like: key });
  }

  #ask(question: Question): Promise<void> {
    this.#question = question;
    return this.#run();
  }

  async #run(): Promise<void> {
    const question = this.#question;
    if (question === undefined) return;
    const { embedding, like } = question;
    const { filter } = this.#filters;
    const asked = ++this.#asked;
    const options: SearchOptions = { topK: like === undefined ? TOP : TOP + 1, ...(filter === undefined ? {} : { filter }) };
    const search = await timed(() => this.#memory.searchVector<About>(embedding, options));
    // Something else was asked for in the meantime.
    if (asked !== this.#asked) return;
    const hits = search.result.filter(({ key }) => key !== like).slice(0, TOP);
    fill(this.#call, `memory.searchVector(${like === undefined ? 'query' : 'passage.embedding'}, ${literal(options)})`);
    fill(this.#status, h('b', {}, many(hits.length, 'passage')), ` in ${time(search.each)}`);
    // What stays the same stays in its place, with the focus that it may have.
    const shown = hits.map(({ key, score }) => `${key} ${score}`).join();
    if (shown !== this.#shown) fill(this.#hits, ...hits.map((hit) => hitItem(hit, () => void this.#like(hit))));
    this.#shown = shown;
    this.#onSearched(search);
  }
}
