/** Operations as they cross to the core: as JSON text, put together around values that are text already. */

import type { Operation as Wire } from './contract.js';
import { MemoryError } from './errors.js';
import { checkKey, checkStep, show } from './options.js';
import type { At, DeleteOptions, Operation, SetOptions, SetVectorOptions, VectorOptions } from './types.js';
import { toJson } from './value.js';

/** The fields of an operation that are not text already. */
type Fields<Op extends Wire['op']> = Omit<Extract<Wire, { op: Op }>, 'op' | 'key' | 'value' | 'items' | 'metadata'>;

/** A `set` of a value that is JSON text already. */
export function setText(key: string, json: string, o: SetOptions & { keepTtl?: boolean | undefined }): string {
  checkKey(key);
  const fields: Fields<'set'> = { ttl: o.ttl, keepTtl: o.keepTtl, ifRevision: o.ifRevision, ifAbsent: o.ifAbsent, ...at(o) };
  return operation('set', key, fields, `,"value":${json}`);
}

/** A `delete`. */
export function deleteText(key: string, o: DeleteOptions): string {
  checkKey(key);
  const fields: Fields<'delete'> = { ifRevision: o.ifRevision, ...at(o) };
  return operation('delete', key, fields);
}

/** An `increment`. */
export function incrementText(key: string, by: unknown, o: At): string {
  checkKey(key);
  if (typeof by !== 'number' || !Number.isFinite(by)) {
    throw new MemoryError('invalid_value', `a number is incremented by a finite number, not by ${show(by)}`);
  }
  const fields: Fields<'increment'> = { by, ...at(o) };
  return operation('increment', key, fields);
}

/** An `append`. */
export function appendText(key: string, items: unknown, o: At, name = 'items'): string {
  checkKey(key);
  if (!Array.isArray(items)) throw new MemoryError('invalid_value', `append takes an array of items, not ${show(items)}`);
  const json = toJson(items, { name, code: 'invalid_value' });
  const fields: Fields<'append'> = at(o);
  return operation('append', key, fields, `,"items":${json}`);
}

/** A `setVector`; the embedding goes beside the text. */
export function setVectorText(key: string, metadata: unknown, o: SetVectorOptions, name = 'metadata'): string {
  checkKey(key);
  const json = metadata === undefined || metadata === null ? '' : `,"metadata":${metadataText(metadata, name)}`;
  const fields: Fields<'setVector'> = { space: o.space, metric: o.metric, ...at(o) };
  return operation('setVector', key, fields, json);
}

/** A `deleteVector`. */
export function deleteVectorText(key: string, o: VectorOptions): string {
  checkKey(key);
  const fields: Fields<'deleteVector'> = { space: o.space, ...at(o) };
  return operation('deleteVector', key, fields);
}

/** An entry of a notebook. */
export function noteText(author: string, text: string, retryKey: string | undefined, o: At): string {
  const note: Extract<Wire, { op: 'note' }> = { op: 'note', author, text, retryKey, ...at(o) };
  return JSON.stringify(note);
}

/** What a notebook begins with. */
export function seedText(text: string, o: At): string {
  const seed: Extract<Wire, { op: 'seed' }> = { op: 'seed', text, ...at(o) };
  return JSON.stringify(seed);
}

/** A step of a batch, which goes where the batch goes unless it says something else. */
export function stepText(operation: Operation, index: number, where: At | undefined): string {
  checkStep(operation, index);
  // An id belongs to the scope beside it, so the two are taken over together.
  const o = operation.scope === undefined && operation.scopeId === undefined ? { ...operation, ...at(where ?? {}) } : operation;
  const name = `operations[${index}]`;
  switch (operation.type) {
    case 'set':
      return setText(operation.key, toJson(operation.value, { name: `${name}.value`, code: 'invalid_value' }), o);
    case 'delete':
      return deleteText(operation.key, o);
    case 'increment':
      return incrementText(operation.key, operation.by ?? 1, o);
    case 'append':
      return appendText(operation.key, operation.items, o, `${name}.items`);
    case 'setVector':
      return setVectorText(operation.key, operation.metadata, o, `${name}.metadata`);
    case 'deleteVector':
      return deleteVectorText(operation.key, o);
  }
}

function metadataText(metadata: unknown, name: string): string {
  const json = toJson(metadata, { name, code: 'invalid_value' });
  if (!json.startsWith('{')) throw new MemoryError('invalid_value', `${name} is an object, not ${show(metadata)}`);
  return json;
}

function at(o: At): At {
  return { scope: o.scope, scopeId: o.scopeId };
}

function operation(op: Wire['op'], key: string, fields: object, rest = ''): string {
  const more = JSON.stringify(fields).slice(1, -1);
  return `{"op":"${op}","key":${JSON.stringify(key)}${rest}${more === '' ? '' : `,${more}`}}`;
}
