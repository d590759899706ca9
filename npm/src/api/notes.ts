/** What goes into a notebook and what comes out. */

import type { At, Change, Scope } from './types.js';

/** An entry of a notebook. It never changes. */
export interface NotebookEntry {
  /** The change that made it. */
  revision: number;
  /** When it was written, in milliseconds since 1970; advisory. */
  timestamp: number;
  /** The dimension of the notebook's instance. */
  scope: Scope;
  /** The id of the notebook's instance. */
  scope_id: string;
  /** Who wrote it. */
  author: string;
  /** What it says. */
  entry: string;
}

/** An entry was written into a notebook. */
export interface NoteEvent extends Change {
  action: 'note';
  /** Always `memory.md`. */
  key: string;
  /** Who wrote what; no agent wrote what a notebook begins with. */
  data: { agent: string | null; entry: string };
  /** The entry was written before the watch could tell: it comes from the notebook itself. */
  snapshot?: true;
}

/** What is not to be written down: what matches is put out of sight, or a function that answers what may be written. */
export type Redact = RegExp | readonly RegExp[] | ((text: string) => string);

/** Options of `memory.notebook`. */
export interface NotebookOptions extends At {
  /**
   * A directory that exists, in which `memory.md` shows the notebook to people and takes in what they add. In Node, Bun and Deno
   * with the addon only.
   */
  dir?: string | undefined;
  /** What the notebook begins with, if it is empty. */
  initialContent?: string | undefined;
  /**
   * What never reaches the notebook. It looks at each entry that is written here, and at `initialContent`, before anything is written
   * anywhere; not at what people write into `memory.md`.
   */
  redact?: Redact | undefined;
  /** Told why `memory.md` is not up to date (by default: `console.error`). The notebook itself has everything. */
  onError?: ((error: unknown) => unknown) | undefined;
}

/** Options of `read` and `snapshot`. */
export interface NotebookReadOptions {
  /** Only what came after this revision. */
  since?: number | undefined;
}

/** A notebook as it reads. */
export interface NotebookText {
  /** What it begins with, then a line for each entry; further lines of an entry are indented by two spaces. */
  text: string;
  /** The revision of its newest entry: hand it to the next call as `since`. */
  revision: number;
}

/** Options of `write`. */
export interface NotebookWriteOptions {
  /** The same author writes an entry of this name once: again, it stands as it was written first. */
  retryKey?: string | undefined;
}

/** Options of `entries`. */
export interface NotebookEntriesOptions {
  /** Only entries above this revision. */
  since?: number | undefined;
  /** Only entries by this author. */
  author?: string | undefined;
  /** At most so many: the newest. */
  limit?: number | undefined;
}

/** Options of `injectIntoPrompt`. */
export interface InjectOptions {
  /**
   * Most tokens of the notebook, 64 or more; four characters count as one. What it begins with and the newest entries are kept,
   * and a line says what is not there.
   */
  maxTokens?: number | undefined;
  /** The same in characters, 256 or more. */
  maxChars?: number | undefined;
  /** Leave out the entries of this author: who reads knows them. */
  exclude?: string | undefined;
  /** Say that the notebook is data and holds no instructions; or a sentence of your own. */
  notice?: boolean | string | undefined;
  /**
   * The prompt first and the notebook after it, so that later entries change nothing before them and a provider's prompt cache
   * goes on.
   */
  stable?: boolean | undefined;
}

/** Options of `watch`. */
export interface NotebookWatchOptions {
  /** Deliver the entries above this revision first (0: all). Without it: from now on. */
  since?: number | undefined;
  /** Ends the watch, quietly. */
  signal?: AbortSignal | undefined;
}
