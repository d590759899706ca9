/** What the parts of one open fabric share. */

import { Calls, type Carrier } from './calls.js';
import type { BindingFabric } from './contract.js';
import { Embedder } from './embed.js';
import type { Source } from './source.js';
import { Tick } from './tick.js';
import type { Embed, Watcher } from './types.js';

export class Core {
  readonly binding: BindingFabric;
  readonly tick: Tick;
  readonly embedder: Embedder;
  readonly calls: Calls;
  /** The open watches. */
  readonly sources = new Set<Source>();
  /** The watchers that have a name, by agent and name. */
  readonly named = new Map<string, Watcher>();

  constructor(binding: BindingFabric, embed: Embed | undefined, carrier: Carrier | undefined) {
    this.binding = binding;
    this.tick = new Tick(binding);
    this.embedder = new Embedder(embed);
    this.calls = new Calls(carrier);
  }
}
