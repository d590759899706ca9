/** The file that shows a notebook to people, as one notebook has it. */

import type { BindingMemory, BindingNotebookFile } from './contract.js';
import type { Core } from './core.js';
import { awaiting, MemoryError } from './errors.js';
import { FileCare } from './file-care.js';
import type { Source } from './source.js';
import type { At } from './types.js';

/** Opens the file of a notebook. Those of a fabric that show the same file share the care for it. */
export async function openFile(core: Core, binding: BindingMemory, { scope, scopeId }: At, { dir, begins, notes, onError }: Opening): Promise<NotebookFile> {
  const open = binding.notebookFile?.bind(binding);
  if (open === undefined) {
    throw new MemoryError('unsupported', '`dir` needs the native part of memfabric: without it a notebook has no file');
  }
  core.tick.commit();
  const opened = await awaiting(() => open(dir, begins, scope, scopeId));
  return new NotebookFile(opened, core.files, notes, onError);
}

/** How the file of a notebook is opened. */
export interface Opening {
  /** The directory that it is in. */
  dir: string;
  /** What an empty notebook begins with. */
  begins: string;
  /** Tells of notes from now on. */
  notes: () => Source;
  onError: ((error: unknown) => unknown) | undefined;
}

/** The file that shows a notebook, while that is open. */
export class NotebookFile {
  readonly path: string;
  readonly #care: FileCare;
  readonly #onError: (error: unknown) => unknown;
  #closing: Promise<void> | undefined;

  constructor(binding: BindingNotebookFile, cares: Map<string, FileCare>, notes: () => Source, onError: ((error: unknown) => unknown) | undefined) {
    const { path } = binding;
    this.path = path;
    this.#onError = onError ?? ((error) => console.error(`memfabric: ${path} is not up to date:`, error));
    const standing = cares.get(binding.absolute);
    if (standing === undefined) this.#care = new FileCare(binding, cares, notes());
    else {
      binding.close();
      this.#care = standing;
    }
    this.#care.join(this);
  }

  /** As {@link FileCare.refresh}. Once it is closed there is nothing to show. */
  async refresh({ strict = false } = {}): Promise<void> {
    if (this.#closing === undefined) return this.#care.refresh({ strict });
    if (strict) throw new MemoryError('closed', 'this notebook was closed');
  }

  /** Shows what there is. The care for it ends with the last one that shows it. */
  close(): Promise<void> {
    return (this.#closing ??= this.#care.leave(this));
  }

  /** Tells why it is not up to date. */
  report(error: unknown): void {
    this.#onError(error);
  }
}
