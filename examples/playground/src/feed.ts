/** The changes that match a pattern, as they come: newest first. */

import { MemoryError, type ChangeEvent, type Fabric, type Watch } from 'memfabric';
import { ChangeItem } from './change.ts';
import { fill, h } from './dom.ts';

/** So many are shown. */
const SHOWN = 60;
/** So far back it begins, in revisions. */
const BACK = 12;

/** The feed of a tab. */
export class Feed {
  readonly element: HTMLElement;
  readonly #fabric: Fabric;
  readonly #agent: string;
  readonly #list = h('ol', { role: 'log', 'aria-label': 'Changes, the newest first', tabindex: 0 });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #items: ChangeItem[] = [];
  #watch: Watch | undefined;

  constructor(fabric: Fabric, agent: string) {
    this.#fabric = fabric;
    this.#agent = agent;
    const pattern = h('input', { value: '*', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off' });
    pattern.addEventListener('input', () => this.#begin(pattern.value));
    this.element = h(
      'div',
      { class: 'feed' },
      h('h3', {}, 'Changes'),
      h('label', { class: 'pattern' }, h('span', {}, 'watch'), pattern),
      this.#problem,
      this.#list,
    );
    this.#begin('*');
  }

  /** Watches from a little before now. */
  #begin(pattern: string): void {
    void this.#fabric.stats().then(({ revision, trim_floor: floor }) => {
      try {
        const watch = this.#fabric.watch(pattern, { from: Math.max(floor, revision - BACK) });
        this.#watch?.close();
        this.#watch = watch;
        this.#items.length = 0;
        fill(this.#list);
        fill(this.#problem);
        void this.#follow(watch, revision);
      } catch (error) {
        if (!(error instanceof MemoryError)) throw error;
        fill(this.#problem, h('b', {}, error.code), ` ${error.message}`);
      }
    });
  }

  async #follow(watch: Watch, known: number): Promise<void> {
    for await (const event of watch) {
      if (event.action === 'synced' || event.action === 'resync') continue;
      this.#add(event, event.revision > known);
    }
  }

  #add(event: ChangeEvent, isNew: boolean): void {
    if (this.#items[0]?.takes(event) === true) return;
    const item = new ChangeItem(event, this.#agent, isNew);
    this.#items.unshift(item);
    this.#list.prepend(item.element);
    if (this.#items.length > SHOWN) this.#items.pop()?.element.remove();
  }
}
