/** How a change is shown. Vectors that are set one after the other share a line. */

import type { ChangeEvent } from 'memfabric';
import { action, badge, place } from './badges.ts';
import { fill, h } from './dom.ts';
import { brief, count } from './words.ts';

/** One line of the feed. */
export class ChangeItem {
  readonly element: HTMLElement;
  readonly #first: ChangeEvent;
  readonly #key = h('span', { class: 'key' });
  readonly #revision = h('span', { class: 'revision' });
  readonly #data = h('p', { class: 'data' });
  #times = 1;

  /** `agent`: whose feed it is. `isNew`: it was made while the feed was watching. */
  constructor(event: ChangeEvent, agent: string, isNew: boolean) {
    this.#first = event;
    const { scope, scope_id: id, key, revision, timestamp, metadata } = event;
    const author = metadata.agent_id;
    fill(this.#key, key);
    fill(this.#revision, `#${count(revision)}`);
    fill(this.#data, ...dataOf(event));
    const late = Math.max(0, Date.now() - timestamp);
    this.element = h(
      'li',
      { class: `change${isNew ? ' fresh' : ''}${author === agent ? ' own' : ''}` },
      h('p', { class: 'what' }, action(event.action), this.#key, this.#revision),
      this.#data,
      h(
        'p',
        { class: 'who' },
        place(scope, id),
        author !== null && badge(author),
        isNew && event.action !== 'expire' && h('span', { class: 'late', title: 'From the time of the change to this line' }, late < 1 ? 'under 1 ms' : `${late} ms`),
      ),
    );
  }

  /** Whether a change is shown in this line, since it goes on as the line began. */
  takes({ action: next, scope_id: id, key, revision }: ChangeEvent): boolean {
    const first = this.#first;
    if (next !== 'set_vector' || first.action !== 'set_vector' || first.scope_id !== id) return false;
    this.#times++;
    fill(this.#key, `${first.key} … ${key}`);
    fill(this.#revision, `#${count(revision)}`);
    fill(this.#data, `${count(this.#times)} vectors`);
    return true;
  }
}

function dataOf(event: ChangeEvent): (Node | string)[] {
  const before = event.previous_data === null ? [] : [h('del', {}, brief(event.previous_data, 40)), ' '];
  switch (event.action) {
    case 'set':
      return [...before, h('ins', {}, brief(event.data, 60))];
    case 'delete':
    case 'expire':
      return before;
    case 'set_vector':
    case 'delete_vector':
      return ['a vector'];
    case 'note':
      return [h('ins', {}, brief(event.data.entry, 60))];
  }
}
