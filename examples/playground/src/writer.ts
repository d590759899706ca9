/** The form that writes keys, and the buttons beside it. */

import type { Entry, Scope, SetOptions } from 'memfabric';
import { SCOPES } from './context.ts';
import { fill, h } from './dom.ts';
import { trials } from './examples.ts';
import type { Act } from './pane.ts';
import { literal } from './words.ts';

/** How long an entry may live, in milliseconds; 0: for good. */
const LIVES: readonly [number, string][] = [
  [0, 'for good'],
  [5_000, 'for 5 s'],
  [15_000, 'for 15 s'],
  [60_000, 'for 1 min'],
];

let made = 0;

/** The form. */
export class Writer {
  readonly element: HTMLElement;
  readonly #key: HTMLInputElement;
  readonly #value: HTMLInputElement;
  readonly #life: HTMLSelectElement;
  readonly #scopes: readonly HTMLInputElement[];

  constructor(act: Act) {
    const name = `scope-${made++}`;
    this.#key = h('input', { name: 'key', required: true, value: 'ticket:T-124.sentiment', autocomplete: 'off', spellcheck: 'false' });
    this.#value = h('input', { name: 'value', required: true, value: '{ "mood": "calm" }', autocomplete: 'off', spellcheck: 'false' });
    this.#life = h('select', { name: 'life' }, ...LIVES.map(([life, text]) => h('option', { value: life }, text)));
    this.#scopes = SCOPES.map((scope, at) => h('input', { type: 'radio', name, value: scope, checked: at === 0 }));
    const scopes = this.#scopes.map((radio) => h('label', { class: radio.value }, radio, h('span', {}, radio.value)));
    const form = h(
      'form',
      {
        class: 'writer',
        'aria-label': 'Write a key',
        submit: (event) => {
          event.preventDefault();
          void this.#write(act);
        },
      },
      h('fieldset', { class: 'segments' }, h('legend', { class: 'unseen' }, 'Scope'), ...scopes),
      h('label', { class: 'key' }, h('span', {}, 'Key'), this.#key),
      h('label', { class: 'value' }, h('span', {}, 'Value, as JSON or text'), this.#value),
      h('label', { class: 'life' }, h('span', {}, 'Lives'), this.#life),
      h('button', { class: 'strong' }, 'Set'),
    );
    const buttons = trials.map((trial) => this.#trial(trial, act));
    this.element = h('div', {}, form, h('div', { class: 'trials', role: 'group', 'aria-label': 'Things to try' }, ...buttons));
  }

  /** Fills the form with an entry. */
  show(scope: Scope, { key, value }: Entry): void {
    this.#key.value = key;
    this.#value.value = typeof value === 'string' ? value : JSON.stringify(value);
    for (const radio of this.#scopes) radio.checked = radio.value === scope;
    this.#value.focus();
    this.#value.select();
  }

  #trial(trial: (typeof trials)[number], act: Act): HTMLElement {
    let next = trial();
    const button = h('button', { type: 'button', class: 'plain' }, next.label);
    button.addEventListener('click', () => {
      void act(next.code, next.run);
      next = trial();
      fill(button, next.label);
    });
    return button;
  }

  async #write(act: Act): Promise<void> {
    const key = this.#key.value;
    const value = parsed(this.#value.value);
    const scope = SCOPES[this.#scopes.findIndex(({ checked }) => checked)] ?? 'workflow';
    const ttl = Number(this.#life.value);
    const options: SetOptions = ttl === 0 ? { scope } : { scope, ttl };
    await act(`memory.set(${literal(key)}, ${literal(value)}, ${literal(options)})`, (memory) => memory.set(key, value, options));
  }
}

/** What was meant: JSON where it is JSON, else the text itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
