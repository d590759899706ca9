/** The origin private file system: two files for each name, of which one counts. Dedicated workers only. */

import { MemoryError } from '#api/errors.js';
import { EMPTY, frame, header, joined, parse, type Contents } from './frames.js';
import { encoded } from './name.js';
import type { Found, Storage } from './storage.js';

/** For how long a worker that was just ended may still hold the files, and how often to ask, in milliseconds. */
const PATIENCE = 5_000;
const PAUSE = 20;

/** An open file: what the types of workers have, and those of pages lack. */
interface File {
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** What can be opened in a dedicated worker, and nowhere else. */
type Handle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<File> };

/** @throws MemoryError `unsupported` outside of dedicated workers. */
export function checkFiles(prototype: Handle = FileSystemFileHandle.prototype): asserts prototype is Required<Handle> {
  if (prototype.createSyncAccessHandle !== undefined) return;
  throw new MemoryError('unsupported', '`opfs:NAME` needs synchronous access to files, which dedicated workers have: open it in one, or use `indexeddb:NAME`');
}

/** Opens the files of a name. */
export async function openOpfs(name: string): Promise<Storage> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(`memfabric-${encoded(name)}`, { create: true });
  const one = await access(folder, 'a');
  try {
    return new Opfs(`opfs:${name}`, one, await access(folder, 'b'));
  } catch (error) {
    one.close();
    throw error;
  }
}

async function access(folder: FileSystemDirectoryHandle, name: string): Promise<File> {
  const handle: Handle = await folder.getFileHandle(name, { create: true });
  checkFiles(handle);
  for (let waited = 0; ; waited += PAUSE) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isHeld || waited >= PATIENCE) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** One file has the snapshot and the records after it. The next snapshot goes to the other one, which counts once it is whole. */
class Opfs implements Storage {
  readonly #name: string;
  #file: File;
  #other: File;
  readonly #turns = new MessageChannel();
  #generation = 0;
  /** Where the next record goes; `undefined` where something lies that could not be taken back. */
  #end: number | undefined;

  constructor(name: string, one: File, other: File) {
    this.#name = name;
    this.#file = one;
    this.#other = other;
  }

  async load(): Promise<Found> {
    const [one, other] = [this.#read(this.#file), this.#read(this.#other)];
    const isOther = (other?.generation ?? 0) > (one?.generation ?? 0);
    const contents = isOther ? other : one;
    if (contents === undefined) return this.#begin();
    if (isOther) this.#swap();
    this.#generation = contents.generation;
    this.#end = contents.end;
    this.#file.truncate(contents.end);
    this.#other.truncate(0);
    const [snapshot, ...records] = contents.frames;
    return { snapshot: snapshot?.length === 0 ? undefined : snapshot, records };
  }

  async append(record: Uint8Array, strict: boolean): Promise<void> {
    const end = this.#end;
    if (end === undefined) throw new MemoryError('unavailable', `${this.#name} has something half written that could not be taken back`);
    const bytes = joined(frame(record));
    try {
      write(this.#file, bytes, end);
      if (strict) this.#file.flush();
      this.#end = end + bytes.length;
    } catch (error) {
      this.#end = undefined;
      this.#file.truncate(end);
      this.#end = end;
      throw error;
    }
    await this.#turn();
  }

  async replace(snapshot: Uint8Array): Promise<void> {
    const bytes = joined([header(this.#generation + 1), ...frame(snapshot)]);
    try {
      this.#other.truncate(0);
      write(this.#other, bytes, 0);
      this.#other.flush();
    } catch (error) {
      this.#other.truncate(0);
      throw error;
    }
    this.#swap();
    this.#generation++;
    this.#end = bytes.length;
    this.#other.truncate(0);
  }

  close(): void {
    this.#file.close();
    this.#other.close();
    this.#turns.port1.close();
  }

  /** Lets others have their turn. Else a loop that only writes and awaits would never hear them, as nothing here takes any time. */
  #turn(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#turns.port1.onmessage = resolve;
      this.#turns.port2.postMessage(undefined);
    });
  }

  async #begin(): Promise<Found> {
    // As long as that, the beginning of a new file may have been cut short, and never held anything.
    const isNew = Math.max(this.#file.getSize(), this.#other.getSize()) <= EMPTY;
    if (!isNew) throw new MemoryError('corrupt', `neither file of ${this.#name} has a whole snapshot`);
    // To the first file.
    this.#swap();
    await this.replace(new Uint8Array());
    return { records: [] };
  }

  #swap(): void {
    [this.#file, this.#other] = [this.#other, this.#file];
  }

  #read(file: File): Contents | undefined {
    const bytes = new Uint8Array(file.getSize());
    file.read(bytes, { at: 0 });
    return parse(bytes, this.#name);
  }
}

function write(file: File, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) < bytes.length) throw new DOMException('it was written in part', 'QuotaExceededError');
}
