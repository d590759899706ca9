/** The care for a file that shows a notebook to people. */

import type { BindingNotebookFile } from './contract.js';
import { awaiting, MemoryError } from './errors.js';
import type { NotebookFile } from './notebook-file.js';
import type { Source } from './source.js';
import { unref } from './timer.js';

/** How long to gather what others write before it is shown, in milliseconds. */
const GATHER = 50;
/** How often to look whether a person has changed the file, in milliseconds. */
const LOOK = 1_000;

/** How long a call waits for another process that writes the file, in milliseconds. What it wrote itself is stored before. */
const PATIENCE = 1_000;
/** How long to wait before asking again. */
const NAP = 5;

/** Keeps a file up to date while somebody has it open: after every entry, whoever wrote it, and after every change by a person. */
export class FileCare {
  readonly #binding: BindingNotebookFile;
  readonly #cares: Map<string, FileCare>;
  readonly #notes: Source;
  readonly #files = new Set<NotebookFile>();
  #open = 0;
  readonly #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #told = '';

  /** `cares` has it, under the path of the file, for as long as somebody has that open. */
  constructor(binding: BindingNotebookFile, cares: Map<string, FileCare>, notes: Source) {
    this.#binding = binding;
    this.#cares = cares;
    this.#notes = notes;
    cares.set(binding.absolute, this);
    notes.unref();
    notes.listen(() => this.#heard());
    this.#timer = unref(setInterval(() => void this.refresh(), LOOK));
  }

  /** Somebody has opened the file. */
  join(file: NotebookFile): void {
    this.#files.add(file);
    this.#open += 1;
  }

  /** Who has joined closes it. Resolves when it shows what there is; with the last one the care for it ends. */
  async leave(file: NotebookFile): Promise<void> {
    this.#open -= 1;
    const isLast = this.#open === 0;
    if (isLast) this.#end();
    await this.refresh();
    this.#files.delete(file);
    if (isLast) this.#binding.close();
  }

  /**
   * Resolves when the file has all that was written before the call. A failure is reported, once until it is over: what was
   * written is written, whether it can be shown or not. `strict`: it is thrown instead.
   */
  async refresh({ strict = false } = {}): Promise<void> {
    try {
      await this.#soon();
      this.#told = '';
    } catch (error) {
      if (strict) throw error;
      // Whoever closed the fabric knows, and everybody else is told by what he asked for.
      if (error instanceof MemoryError && error.code === 'closed') return;
      const what = String(error);
      if (this.#told === what) return;
      this.#told = what;
      this.#report(error);
    }
  }

  /** One at a time: those who come while one is under way share the next. */
  #soon(): Promise<void> {
    if (this.#running === undefined) return this.#run();
    this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#run();
    });
    return this.#next;
  }

  #run(): Promise<void> {
    const running = this.#turn().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  /** Waits for other processes here and not on a thread: of those there are few, and others need them. */
  async #turn(): Promise<void> {
    for (const since = Date.now(); ; ) {
      try {
        return await awaiting(() => this.#binding.refresh());
      } catch (error) {
        const isBusy = error instanceof MemoryError && error.code === 'locked';
        if (!isBusy || Date.now() - since > PATIENCE) throw error;
        await new Promise((resolve) => setTimeout(resolve, NAP));
      }
    }
  }

  #show(): Promise<void> {
    this.#gathering = undefined;
    return this.refresh();
  }

  /** From now on nothing happens to the file by itself, and whoever opens it has another care for it. */
  #end(): void {
    if (this.#cares.get(this.#binding.absolute) === this) this.#cares.delete(this.#binding.absolute);
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.#notes.close();
  }

  #report(error: unknown): void {
    for (const file of this.#files) file.report(error);
  }

  #heard(): void {
    try {
      let some = false;
      for (let event = this.#notes.take(); event !== undefined && event !== null; event = this.#notes.take()) some = true;
      if (some && this.#gathering === undefined) this.#gathering = unref(setTimeout(() => void this.#show(), GATHER));
      // The fabric was closed.
      if (!this.#notes.isOpen) {
        this.#end();
        this.#binding.close();
      }
    } catch (error) {
      this.#report(error);
    }
  }
}
