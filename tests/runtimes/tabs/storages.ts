/** What a test can have a page do with what is kept. */

import { openIndexedDb } from '../../../wasm/src/host/indexeddb.ts';
import { encoded, type Kind } from '../../../wasm/src/host/name.ts';
import { openOpfs } from '../../../wasm/src/host/opfs.ts';
import { failure, type Storage } from '../../../wasm/src/host/storage.ts';

/** What is kept, as texts. */
export interface Texts {
  snapshot?: string;
  records: string[];
}

const storages = new Map<string, Storage>();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (of: Uint8Array): string => new TextDecoder().decode(of);

function storage(name: string): Storage {
  const found = storages.get(name);
  if (found === undefined) throw new Error(`no storage is called ${name}`);
  return found;
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw failure(error);
  }
}

/** Opens a storage under a name of the test, and answers what it holds. */
export const load = (kind: Kind, name: string, as: string = name): Promise<Texts> =>
  told(
    (async () => {
      const opened = await (kind === 'opfs' ? openOpfs(name) : openIndexedDb(name));
      storages.set(as, opened);
      const { snapshot, records } = await opened.load();
      return { ...(snapshot && { snapshot: text(snapshot) }), records: records.map(text) };
    })(),
  );

export async function append(as: string, records: string[], strict = false): Promise<void> {
  for (const record of records) await told(storage(as).append(bytes(record), strict));
}
export const replace = (as: string, snapshot: string, strict = false): Promise<void> => told(storage(as).replace(bytes(snapshot), strict));
export const letGo = (as: string): void => storage(as).close();

/** Appends records of a size, each by itself, until one fails. */
export async function appendUntilItFails(as: string, size: number, most: number): Promise<{ kept: number; code: string }> {
  for (let kept = 0; kept < most; kept++) {
    try {
      // Not all the same, which might be kept in less.
      await told(storage(as).append(Uint8Array.from({ length: size }, () => Math.random() * 256), false));
    } catch (error) {
      return { kept, code: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
    }
  }
  return { kept: most, code: 'none' };
}

/** Ways to damage a database, each with what is in the middle of it. */
const DAMAGE = {
  hole: (records: IDBObjectStore, number: number): unknown => records.delete(number),
  type: (records: IDBObjectStore, number: number): unknown => records.put('text', number),
  flip: (records: IDBObjectStore, number: number, record: Uint8Array): unknown => records.put(flipped(record), number),
};

/** Damages the record in the middle of a database. */
export async function damage(name: string, how: keyof typeof DAMAGE): Promise<void> {
  const database = await databaseOf(name);
  await inTransaction(database, (_, records) => {
    const numbers = records.getAllKeys();
    const values = records.getAll();
    values.onsuccess = () => {
      const full = values.result.flatMap((value: Uint8Array, at) => (value.length > 0 ? [at] : []));
      const at = full[Math.floor(full.length / 2)] ?? 0;
      DAMAGE[how](records, Number(numbers.result[at]), values.result[at]);
    };
  });
  database.close();
}

/** Makes a database that is of somebody else. */
export async function occupy(name: string): Promise<void> {
  const database = await databaseOf(name);
  database.close();
}

/** Deletes a database, as the user can. */
export function remove(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`memfabric:${name}`);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/** Opens a database with a version that is not there yet. */
export function upgrade(name: string, version: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`memfabric:${name}`, version);
    request.onsuccess = () => resolve(request.result.close());
    request.onerror = () => reject(request.error);
  });
}

function flipped(record: Uint8Array): Uint8Array {
  const at = record.length >> 1;
  return record.with(at, Number(record[at]) ^ 1);
}

function databaseOf(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`memfabric:${name}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function inTransaction(database: IDBDatabase, work: (snapshots: IDBObjectStore, records: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(['snapshot', 'records'], 'readwrite');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    work(transaction.objectStore('snapshot'), transaction.objectStore('records'));
  });
}

/** Every file of a name in the origin private file system. */
export async function files(name: string): Promise<Record<string, number[]>> {
  const all: Record<string, number[]> = {};
  for (const file of ['a', 'b']) all[file] = [...(await read(name, file))];
  return all;
}

/** Writes a file anew. */
export async function write(name: string, file: string, content: number[]): Promise<void> {
  const handle = await (await folderOf(name)).getFileHandle(file, { create: true });
  const stream = await handle.createWritable();
  await stream.write(new Uint8Array(content));
  await stream.close();
}

async function read(name: string, file: string): Promise<Uint8Array> {
  const handle = await (await folderOf(name)).getFileHandle(file, { create: true });
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

async function folderOf(name: string): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(`memfabric-${encoded(name)}`, { create: true });
}
