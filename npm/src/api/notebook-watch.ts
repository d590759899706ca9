/** An open watch of a notebook. */

import type { NotebookEntry, NoteEvent } from './notes.js';
import { OpenWatch } from './open-watch.js';
import type { Source } from './source.js';
import { Watch } from './watch.js';

/**
 * The entries of a notebook as they are written, in order, each once. Leaving the loop closes it. It keeps the process alive
 * until it is closed or `unref()` is called.
 */
export class NotebookWatch extends OpenWatch implements AsyncIterable<NoteEvent> {
  readonly #watch: Watch;
  readonly #events: AsyncGenerator<NoteEvent, undefined>;

  /** @internal `entries` reads those above a revision, for when the change log no longer tells. */
  constructor(source: Source, since: number | undefined, entries: (since: number) => Promise<NotebookEntry[]>) {
    super(source);
    this.#watch = new Watch(source, false);
    this.#events = notes(this.#watch, since, entries, () => !source.isOpen);
  }

  override close(): void {
    this.#watch.close();
  }

  /** The next entry. All iterators of a watch share its place. */
  [Symbol.asyncIterator](): AsyncIterator<NoteEvent, undefined> {
    return this.iterator(() => this.#events.next());
  }
}

async function* notes(
  watch: Watch,
  since: number | undefined,
  entries: (since: number) => Promise<NotebookEntry[]>,
  isClosed: () => boolean,
): AsyncGenerator<NoteEvent, undefined> {
  let last = since ?? 0;
  for await (const event of watch) {
    if (event.action === 'resync') {
      // The log was trimmed past our place; the notebook was not.
      for (const entry of await entries(Math.max(last, event.from))) {
        if (isClosed()) return undefined;
        last = entry.revision;
        yield fromEntry(entry);
      }
    } else if (event.action === 'note' && event.revision > last) {
      last = event.revision;
      // What a notebook begins with is no entry.
      if (event.data.agent !== null) yield event;
    }
  }
  return undefined;
}

/** The event that the log would tell of, as far as the notebook knows. */
function fromEntry({ revision, timestamp, scope, scope_id, author, entry }: NotebookEntry): NoteEvent {
  return {
    key: 'memory.md',
    scope,
    scope_id,
    action: 'note',
    data: { agent: author, entry },
    previous_data: null,
    revision,
    previous_revision: null,
    timestamp,
    metadata: { agent_id: null, workflow_id: null, session_id: null, actor_id: null },
    snapshot: true,
  };
}
