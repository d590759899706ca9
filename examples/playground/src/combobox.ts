/** A text field that offers what fits, after the ARIA pattern: arrows move, Enter takes, Escape closes. */

import { fill, h } from './dom.ts';

/** Something to offer. */
export interface Option {
  text: string;
  note: string;
}

/** What a combobox is told, and tells. */
export interface Settings<O extends Option> {
  label: string;
  placeholder: string;
  /** What is said where nothing fits. */
  nothing: string;
  options: readonly O[];
  /** Shown while it is being looked at. */
  onLook(option: O): void;
  /** Taken. */
  onTake(option: O): void;
}

let made = 0;

/** A combobox. */
export class Combobox<O extends Option> {
  readonly element: HTMLElement;
  readonly #settings: Settings<O>;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #nothing: HTMLElement;
  readonly #id = `combobox-${made++}`;
  #fitting: readonly O[] = [];
  #active = -1;

  constructor(settings: Settings<O>) {
    this.#settings = settings;
    this.#input = h('input', {
      type: 'text',
      role: 'combobox',
      id: this.#id,
      placeholder: settings.placeholder,
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': `${this.#id}-list`,
      input: () => this.#typed(),
      click: () => this.#open(),
      keydown: (event) => event instanceof KeyboardEvent && this.#pressed(event),
      blur: () => this.#close(),
    });
    this.#list = h('ul', {
      role: 'listbox',
      id: `${this.#id}-list`,
      'aria-label': settings.label,
      hidden: true,
      // The field keeps its focus.
      mousedown: (event) => event.preventDefault(),
    });
    this.#nothing = h('p', { class: 'nothing', role: 'status', hidden: true }, settings.nothing);
    this.element = h(
      'div',
      { class: 'combobox' },
      h('label', { for: this.#id }, settings.label),
      h('div', { class: 'field' }, this.#input, h('kbd', { 'aria-hidden': 'true' }, '/')),
      this.#list,
      this.#nothing,
    );
  }

  /** Puts the cursor into the field. */
  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** Shows a text that was not typed. */
  show(text: string): void {
    this.#input.value = text;
    this.#close();
  }

  #typed(): void {
    this.#fitting = fitting(this.#settings.options, this.#input.value);
    this.#draw();
    if (this.#fitting.length > 0) this.#look(0);
  }

  #open(): void {
    if (!this.#list.hidden) return;
    const at = this.#settings.options.findIndex(({ text }) => text === this.#input.value);
    this.#fitting = at >= 0 ? this.#settings.options : fitting(this.#settings.options, this.#input.value);
    this.#draw();
    if (at >= 0) this.#mark(at);
  }

  #close(): void {
    this.#list.hidden = true;
    this.#nothing.hidden = true;
    this.#active = -1;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
  }

  #draw(): void {
    this.#active = -1;
    this.#input.removeAttribute('aria-activedescendant');
    const words = wordsOf(this.#input.value);
    const items = this.#fitting.map((option, at) =>
      h(
        'li',
        {
          role: 'option',
          id: `${this.#id}-${at}`,
          'aria-selected': 'false',
          click: () => this.#take(at),
        },
        h('span', {}, ...marked(option.text, this.#fitting === this.#settings.options ? [] : words)),
        h('small', {}, option.note),
      ),
    );
    fill(this.#list, ...items);
    const some = items.length > 0;
    this.#list.hidden = !some;
    this.#nothing.hidden = some;
    this.#list.scrollTop = 0;
    this.#input.setAttribute('aria-expanded', String(some));
  }

  #pressed(event: KeyboardEvent): void {
    const last = this.#fitting.length - 1;
    const open = !this.#list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return this.#open();
      const down = event.key === 'ArrowDown';
      const next = down ? this.#active + 1 : this.#active - 1;
      this.#look(next > last ? 0 : next < 0 ? last : next);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      this.#take(Math.max(0, this.#active));
    } else if (event.key === 'Escape' && (open || !this.#nothing.hidden)) {
      event.preventDefault();
      this.#close();
    }
  }

  #look(at: number): void {
    this.#mark(at);
    const option = this.#fitting[at];
    if (option !== undefined) this.#settings.onLook(option);
  }

  #mark(at: number): void {
    this.#list.children[this.#active]?.setAttribute('aria-selected', 'false');
    this.#active = at;
    const item = this.#list.children[at];
    if (!(item instanceof HTMLElement)) return;
    item.setAttribute('aria-selected', 'true');
    this.#input.setAttribute('aria-activedescendant', item.id);
    // By hand: `scrollIntoView` would move the page, too.
    const list = this.#list;
    const below = item.offsetTop + item.offsetHeight - list.clientHeight;
    list.scrollTop = Math.max(below, Math.min(list.scrollTop, item.offsetTop));
  }

  #take(at: number): void {
    const option = this.#fitting[at];
    if (option === undefined) return;
    this.show(option.text);
    this.#settings.onTake(option);
  }
}

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter((word) => word !== '');

/** The options with all of the words, those that begin with the first of them before the others. */
function fitting<O extends Option>(options: readonly O[], typed: string): readonly O[] {
  const words = wordsOf(typed);
  if (words.length === 0) return options;
  const places = options.flatMap((option) => {
    const text = option.text.toLowerCase();
    if (!words.every((word) => text.includes(word))) return [];
    return [{ option, place: text.indexOf(words[0] ?? '') }];
  });
  return places.toSorted((one, other) => one.place - other.place).map(({ option }) => option);
}

/** The text, with the places that were typed marked. */
function marked(text: string, words: readonly string[]): (Node | string)[] {
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  if (escaped.length === 0) return [text];
  return text.split(new RegExp(`(${escaped.join('|')})`, 'i')).map((part, at) => (at % 2 === 1 ? h('mark', {}, part) : part));
}
