/** What stands in each scope, from narrow to wide, as it changes. */

import type { Entry, Fabric, Scope } from 'memfabric';
import { CHOICES, MEANING, SCOPES, type Instances } from './context.ts';
import { fill, h } from './dom.ts';
import { EntryRow } from './entry.ts';
import type { Act } from './pane.ts';

/** The scopes of a tab. */
export class Bands {
  readonly element: HTMLElement;
  readonly #bands: readonly Band[];

  constructor(fabric: Fabric, instances: Instances, act: Act, onPick: (scope: Scope, entry: Entry) => void) {
    this.#bands = SCOPES.map((scope) => new Band(fabric, scope, instances, act, onPick, () => this.#shade()));
    this.element = h('div', { class: 'bands' }, h('h3', {}, 'Keys'), ...this.#bands.map(({ element }) => element));
    void this.#follow(fabric, instances);
    for (const band of this.#bands) void band.draw();
  }

  async #follow(fabric: Fabric, instances: Instances): Promise<void> {
    for await (const event of fabric.watch('*')) {
      if (!('scope' in event) || event.action.endsWith('_vector')) continue;
      const band = this.#bands.find(({ scope }) => scope === event.scope && instances[scope] === event.scope_id);
      void band?.draw(event.key);
    }
  }

  /** A key that stands in a narrower scope too is not what a read finds. */
  #shade(): void {
    const seen = new Map<string, Scope>();
    for (const { scope, rows } of this.#bands) {
      for (const [key, row] of rows) {
        row.shade(seen.get(key));
        if (!seen.has(key)) seen.set(key, scope);
      }
    }
  }
}

/** One scope. */
class Band {
  readonly element: HTMLElement;
  readonly scope: Scope;
  rows: ReadonlyMap<string, EntryRow> = new Map();
  readonly #fabric: Fabric;
  readonly #instances: Instances;
  readonly #act: Act;
  readonly #onPick: (scope: Scope, entry: Entry) => void;
  readonly #onDrawn: () => void;
  readonly #list = h('ul');
  #drawing = 0;

  constructor(
    fabric: Fabric,
    scope: Scope,
    instances: Instances,
    act: Act,
    onPick: (scope: Scope, entry: Entry) => void,
    onDrawn: () => void,
  ) {
    this.#fabric = fabric;
    this.scope = scope;
    this.#instances = instances;
    this.#act = act;
    this.#onPick = onPick;
    this.#onDrawn = onDrawn;
    this.element = h(
      'section',
      { class: `band ${scope}`, 'aria-label': scope },
      h('h4', {}, scope, this.#chooser(), h('small', {}, MEANING[scope])),
      this.#list,
    );
  }

  /** Reads it anew. `changed`: the key that it is for. */
  async draw(changed?: string): Promise<void> {
    const drawing = ++this.#drawing;
    const { scope } = this;
    const { entries } = await this.#fabric.memory().list({ scope, scopeId: this.#instances[scope] });
    if (drawing !== this.#drawing) return;
    const before = this.rows;
    this.rows = new Map(
      entries.map((entry) => {
        const row = before.get(entry.key) ?? new EntryRow(scope, this.#act, (picked) => this.#onPick(scope, picked));
        row.show(entry);
        return [entry.key, row];
      }),
    );
    const items = [...this.rows.values()].map(({ element }) => element);
    fill(this.#list, ...(items.length > 0 ? items : [h('li', { class: 'empty' }, 'nothing yet')]));
    if (changed !== undefined) this.rows.get(changed)?.flash();
    this.#onDrawn();
  }

  #chooser(): HTMLElement | undefined {
    const { scope } = this;
    if (scope === 'global') return undefined;
    const select = h('select', { 'aria-label': `Which ${scope}` }, ...CHOICES[scope].map((id) => h('option', {}, id)));
    select.addEventListener('change', () => {
      this.#instances[scope] = select.value;
      this.rows = new Map();
      void this.draw();
    });
    return select;
  }
}
