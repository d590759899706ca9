/** What the parts of one open fabric share. */

import { Calls, type Carrier } from './calls.js';
import type { BindingFabric } from './contract.js';
import { Embedder } from './embed.js';
import type { FileCare } from './file-care.js';
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
  /** The care for files that show notebooks, by where they are. */
  readonly files = new Map<string, FileCare>();

  constructor(binding: BindingFabric, embed: Embed | undefined, carrier: Carrier | undefined) {
    this.binding = binding;
    this.tick = new Tick(binding);
    this.embedder = new Embedder(embed);
    this.calls = new Calls(carrier);
  }
}
