/** The notebook of a scope instance. */

/// <reference lib="esnext.disposable" preserve="true" />

import type { BindingMemory } from './contract.js';
import type { Core } from './core.js';
import { openFile, type NotebookFile } from './notebook-file.js';
import { NotebookWatch } from './notebook-watch.js';
import type {
  InjectOptions,
  NotebookEntriesOptions,
  NotebookEntry,
  NotebookOptions,
  NotebookReadOptions,
  NotebookText,
  NotebookWatchOptions,
  NotebookWriteOptions,
  Redact,
} from './notes.js';
import { noteText, seedText } from './operation.js';
import * as check from './options.js';
import { Source } from './source.js';
import type { At, Written } from './types.js';
import { fromJson } from './value.js';

/** The key of every note. */
const KEY = 'memory.md';

/**
 * A list of entries that only grows: what agents that work on the same thing tell each other. Everybody who opens the notebook
 * of the same instance, in whatever process, writes into the same one.
 *
 * ```ts
 * const notebook = await fabric.workflow('wf-123').notebook({ initialContent: '# Findings' });
 * await notebook.write('scout', 'the cache is never invalidated');
 * const prompt = await notebook.injectIntoPrompt('Review the patch.');
 * ```
 */
export class Notebook implements AsyncDisposable {
  readonly #core: Core;
  readonly #binding: BindingMemory;
  readonly #at: At;
  readonly #redact: (text: string) => string;
  readonly #file: NotebookFile | undefined;
  #owned: AsyncDisposable | undefined;

  private constructor(core: Core, binding: BindingMemory, at: At, redact: (text: string) => string, file: NotebookFile | undefined) {
    this.#core = core;
    this.#binding = binding;
    this.#at = at;
    this.#redact = redact;
    this.#file = file;
  }

  /** @internal */
  static async begin(core: Core, binding: BindingMemory, options: NotebookOptions): Promise<Notebook> {
    check.notebookOptions(options);
    const { scope, scopeId, dir, initialContent = '' } = options;
    const at = { scope, scopeId };
    const redact = redacting(options.redact);
    const begins = redact(initialContent);
    if (dir === undefined) {
      if (begins.trim() !== '') await core.tick.write(() => binding.enqueue(seedText(begins, at)), () => undefined);
      else await core.tick.read(() => binding.notes(JSON.stringify({ ...at, limit: 1 })));
      return new Notebook(core, binding, at, redact, undefined);
    }
    const file = await openFile(core, binding, at, { dir, begins, notes: () => watching(core, binding, at), onError: options.onError });
    return new Notebook(core, binding, at, redact, file);
  }

  /** @internal Closes something together with it. */
  own(owned: AsyncDisposable): this {
    this.#owned = owned;
    return this;
  }

  /** The file that shows it to people; `undefined` without a `dir`. */
  get filePath(): string | undefined {
    return this.#file?.path;
  }

  /**
   * All of it as one text, or what came after a revision; with what people added to its file. Empty while nothing was written.
   *
   * ```ts
   * const text = await notebook.read(); // [2026-03-30T12:34:56Z] [scout] the cache is never invalidated
   * ```
   */
  async read(options?: NotebookReadOptions): Promise<string> {
    return (await this.snapshot(options)).text;
  }

  /** The text with the revision that it is as of, to read on from. */
  async snapshot(options: NotebookReadOptions = {}): Promise<NotebookText> {
    check.notebookReadOptions(options);
    await this.#file?.refresh();
    const text = JSON.stringify({ ...this.#at, since: options.since });
    return fromJson<NotebookText>(await this.#core.tick.read(() => this.#binding.readNotebook(text)));
  }

  /**
   * Writes an entry. Once it is written nothing can lose it, and everybody sees it.
   *
   * ```ts
   * await notebook.write('reviewer', 'two callers depend on the old order', { retryKey: 'attempt of step 3' });
   * ```
   *
   * @param agentName Who says it. Brackets and control characters in it become `_`.
   * @param entry Up to 1 MiB of text.
   * @throws MemoryError `invalid_option` if the name is blank; `invalid_value` if the entry is; `conflict` if the retry key
   * stands for another entry; `too_large`, `invalid_scope`, `forbidden`, `locked`, `full`, `closed`.
   */
  async write(agentName: string, entry: string, options: NotebookWriteOptions = {}): Promise<Written> {
    check.notebookWriteOptions(options);
    check.checkText(agentName, 'the author of a note');
    check.checkText(entry, 'a note');
    const text = noteText(agentName, this.#redact(entry), options.retryKey, this.#at);
    const written = await this.#core.tick.write(
      () => this.#binding.enqueue(text),
      ({ outcomes }) => ({ revision: Number(outcomes[0]) }),
    );
    await this.#file?.refresh();
    return written;
  }

  /** Entries, the oldest first. What it began with is none. */
  async entries(options: NotebookEntriesOptions = {}): Promise<NotebookEntry[]> {
    check.notebookEntriesOptions(options);
    await this.#file?.refresh();
    const text = JSON.stringify({ ...this.#at, ...options });
    return fromJson<NotebookEntry[]>(await this.#core.tick.read(() => this.#binding.notes(text)));
  }

  /**
   * A prompt with the notebook before it, as it is now. Without entries, the prompt as it is. No line of the notebook can pass
   * for its end.
   *
   * ```ts
   * const prompt = await notebook.injectIntoPrompt('Review the patch.', { maxTokens: 2_000, exclude: 'reviewer', notice: true });
   * ```
   *
   * @throws MemoryError `invalid_option` if there is no room for anything.
   */
  async injectIntoPrompt(prompt: string, options: InjectOptions = {}): Promise<string> {
    check.injectOptions(options);
    check.checkText(prompt, 'a prompt');
    await this.#file?.refresh();
    const text = JSON.stringify({ ...this.#at, ...options });
    return this.#core.tick.read(() => this.#binding.inject(prompt, text));
  }

  /**
   * What is written from now on, or after a revision, in order. It takes its position now, and misses nothing, however slow it
   * is read.
   *
   * ```ts
   * for await (const { data } of notebook.watch()) console.log(`${data.agent}: ${data.entry}`);
   * ```
   */
  watch(options: NotebookWatchOptions = {}): NotebookWatch {
    check.notebookWatchOptions(options);
    const source = watching(this.#core, this.#binding, this.#at, options);
    return new NotebookWatch(source, options.since, (since) => this.entries({ since }));
  }

  /**
   * Brings `memory.md` up to date and takes in what people added to it. That happens by itself with every call and about once a
   * second; this tells when it is done, and why it fails.
   */
  async refresh(): Promise<void> {
    await this.#file?.refresh({ strict: true });
  }

  /** Ends its care for `memory.md`. What is behind a notebook of its own is closed too. */
  async close(): Promise<void> {
    await this.#file?.close();
    await this.#owned?.[Symbol.asyncDispose]();
  }

  /** Closes it, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function watching(core: Core, binding: BindingMemory, at: At, { since, signal }: NotebookWatchOptions = {}): Source {
  core.tick.commit();
  const request = JSON.stringify({ patterns: [KEY], ...at, from: since });
  return new Source(core.sources, (wake) => binding.watch(request, wake), signal);
}

function redacting(redact: Redact | undefined): (text: string) => string {
  if (redact === undefined) return (text) => text;
  if (typeof redact === 'function') {
    return (text) => {
      const rest: unknown = redact(text);
      check.checkText(rest, 'what `redact` answers');
      return rest;
    };
  }
  // Everywhere in a text, also for a pattern that was made to begin where it stopped.
  const patterns = (redact instanceof RegExp ? [redact] : redact).map(({ source, flags }) => new RegExp(source, `${flags.replaceAll(/[gy]/g, '')}g`));
  return (text) => patterns.reduce((rest, pattern) => rest.replace(pattern, '[redacted]'), text);
}
