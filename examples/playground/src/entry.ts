/** How an entry is shown: its value, how long it has left, and what can be done with it. */

import type { Entry, Scope } from 'memfabric';
import { fill, flash, h } from './dom.ts';
import type { Act } from './pane.ts';
import { brief, literal } from './words.ts';

/** How often what is left is told anew, in milliseconds. */
const STEP = 250;

/** One entry. */
export class EntryRow {
  readonly element: HTMLElement;
  readonly #scope: Scope;
  readonly #act: Act;
  readonly #value = h('span', { class: 'value' });
  readonly #left = h('span', { class: 'left', hidden: true });
  readonly #pick: HTMLButtonElement;
  readonly #more: HTMLButtonElement;
  readonly #delete: HTMLButtonElement;
  #entry: Entry | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(scope: Scope, act: Act, onPick: (entry: Entry) => void) {
    this.#scope = scope;
    this.#act = act;
    const whole = (use: (entry: Entry) => unknown) => () => this.#entry !== undefined && use(this.#entry);
    this.#pick = h('button', { type: 'button', class: 'key', click: whole(onPick) });
    this.#more = h('button', { type: 'button', class: 'mini', click: whole(({ key }) => this.#increment(key)) }, '+1');
    this.#delete = h('button', { type: 'button', class: 'mini', click: whole(({ key }) => this.#remove(key)) }, '×');
    this.element = h('li', { class: 'entry' }, this.#pick, this.#value, this.#left, h('span', { class: 'does' }, this.#more, this.#delete));
  }

  /** Shows what stands. */
  show(entry: Entry): void {
    if (this.#entry?.revision === entry.revision) return;
    this.#entry = entry;
    const { key, value, revision, author } = entry;
    fill(this.#pick, key);
    fill(this.#value, brief(value));
    this.#value.title = `${JSON.stringify(value)}\nrevision ${revision}${author === undefined ? '' : `, by ${author}`}`;
    this.#more.hidden = typeof value !== 'number';
    this.#more.setAttribute('aria-label', `Add one to ${key}`);
    this.#delete.setAttribute('aria-label', `Delete ${key}`);
    this.#pick.setAttribute('aria-label', `Edit ${key}`);
    this.#count();
  }

  /** It has just changed. */
  flash(): void {
    flash(this.element);
  }

  /** A narrower scope has the same key. */
  shade(by: Scope | undefined): void {
    this.element.classList.toggle('shaded', by !== undefined);
    this.#pick.title = by === undefined ? '' : `hidden by the ${by}`;
  }

  #count(): void {
    clearTimeout(this.#timer);
    const until = this.#entry?.expires_at;
    this.#left.hidden = until === undefined;
    if (until === undefined) return;
    const left = Math.max(0, until - Date.now());
    fill(this.#left, `${Math.ceil(left / 1_000)} s`);
    // The row outlives its entry by a moment, and is then let go.
    if (left > 0) this.#timer = setTimeout(() => this.#count(), STEP);
  }

  #increment(key: string): void {
    const scope = this.#scope;
    void this.#act(`memory.increment(${literal(key)}, 1, ${literal({ scope })})`, (memory) => memory.increment(key, 1, { scope }));
  }

  #remove(key: string): void {
    const scope = this.#scope;
    void this.#act(`memory.delete(${literal(key)}, ${literal({ scope })})`, (memory) => memory.delete(key, { scope }));
  }
}
