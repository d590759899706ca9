/** A tab: what it writes, what it sees, and what it is told. */

import { MemoryError, type Fabric, type Memory } from 'memfabric';
import { Bands } from './bands.ts';
import { beginning, idsOf, type Instances } from './context.ts';
import { fill, h } from './dom.ts';
import { Feed } from './feed.ts';
import { badge } from './badges.ts';
import { Writer } from './writer.ts';

/** Runs a write of the tab, and shows it as a program would make it. */
export type Act = (code: string, write: (memory: Memory) => Promise<unknown>) => Promise<void>;

/** The part of the page that is a tab. */
export class Pane {
  readonly element: HTMLElement;
  readonly #fabric: Fabric;
  readonly #agent: string;
  readonly #instances: Instances = beginning();
  readonly #said = h('p', { class: 'said', role: 'status' }, 'What is done here is shown here, as a program would do it.');

  /** `agent`: who writes here. `where`: what this tab is to the one who looks at it. */
  constructor(fabric: Fabric, agent: string, where: string) {
    this.#fabric = fabric;
    this.#agent = agent;
    const act: Act = (code, write) => this.#act(code, write);
    const writer = new Writer(act);
    const bands = new Bands(fabric, this.#instances, act, (scope, entry) => writer.show(scope, entry));
    const feed = new Feed(fabric, agent);
    this.element = h(
      'section',
      { class: 'pane', 'aria-label': `The tab ${agent}` },
      h('header', { class: 'pane-head' }, h('p', {}, badge(agent), h('span', { class: 'where' }, where))),
      h('div', { class: 'pane-body' }, h('div', { class: 'pane-write' }, writer.element, this.#said), bands.element, feed.element),
    );
  }

  async #act(code: string, write: (memory: Memory) => Promise<unknown>): Promise<void> {
    const { memory } = this.#fabric.agent(this.#agent).context(idsOf(this.#instances));
    const begun = performance.now();
    try {
      const result = await write(memory);
      const took = Math.max(0.1, performance.now() - begun).toFixed(1);
      fill(this.#said, h('code', {}, code), h('span', {}, `→ ${told(result)}, in ${took} ms`));
      this.#said.classList.remove('failed');
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      fill(this.#said, h('code', {}, code), h('span', {}, h('b', {}, error.code), ` ${error.message}`));
      this.#said.classList.add('failed');
    }
  }
}

function told(result: unknown): string {
  if (typeof result === 'object' && result !== null && 'revision' in result) return `revision ${String(result.revision)}`;
  return String(result);
}
