/** Which parts of the documentation are searched: one button for each, none pressed means all. */

import type { Filter } from 'memfabric';
import { h } from './dom.ts';
import { count } from './words.ts';

const TITLES: Readonly<Record<string, string>> = {
  book: 'The Book',
  cargo: 'Cargo',
  error_codes: 'Error index',
  'rust-by-example': 'Rust by Example',
};

/** What people call a part. */
export const titleOf = (book: string): string => TITLES[book] ?? book;

/** The buttons. */
export class Filters {
  readonly element: HTMLElement;
  readonly #chosen = new Set<string>();

  /** `books`: how many passages each part has. */
  constructor(books: Readonly<Record<string, number>>, onChange: () => void) {
    const buttons = Object.entries(books).map(([book, passages]) => {
      const button = h('button', { type: 'button', class: 'chip', 'aria-pressed': 'false' }, titleOf(book), h('small', {}, count(passages)));
      button.addEventListener('click', () => {
        if (!this.#chosen.delete(book)) this.#chosen.add(book);
        button.setAttribute('aria-pressed', String(this.#chosen.has(book)));
        onChange();
      });
      return button;
    });
    this.element = h('div', { class: 'filters', role: 'group', 'aria-label': 'Search only in' }, ...buttons);
  }

  /** What a search is told. */
  get filter(): Filter | undefined {
    const [one, ...more] = this.#chosen;
    if (one === undefined) return undefined;
    return more.length === 0 ? { book: one } : { book: { $in: [one, ...more] } };
  }
}
