/** Options are checked by name and type before anything happens; most ranges, and meaning, are the core's business. */

import { MemoryError, type ErrorCode } from './errors.js';

/** Refuses a value that an option cannot have. */
export type Rule = (value: unknown, name: string) => void;

/** Checks the options of one verb. */
export type Check = (options: unknown) => void;

/**
 * The check of a verb's options.
 *
 * An unknown name is refused and the nearest known one is named: `filters`: did you mean `filter`? An option that is
 * `undefined` counts as absent.
 */
export function options(verb: string, rules: Readonly<Record<string, Rule>>): Check {
  const known = new Map(Object.entries(rules));
  return (given) => {
    if (given === undefined) return;
    if (!isObject(given)) throw new MemoryError('invalid_option', `the options of ${verb} are an object, not ${show(given)}`);
    for (const [name, value] of Object.entries(given)) {
      const rule = known.get(name);
      if (rule === undefined) throw new MemoryError('invalid_option', `${verb} has no option ${unknown(name, [...known.keys()])}`);
      if (value !== undefined) rule(value, name);
    }
  };
}

/** A rule: what the value is, in words, and whether one is. */
export function rule(code: ErrorCode, what: string, fits: (value: unknown) => boolean): Rule {
  return (value, name) => {
    if (!fits(value)) throw new MemoryError(code, `\`${name}\` is ${what}, not ${show(value)}`);
  };
}

/** An object that is no array. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
/** A text that can cross to the core. */
export const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed();
const isWhole = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isFunction = (value: unknown): boolean => typeof value === 'function';

const isRedact = (value: unknown): boolean => isFunction(value) || [value].flat().every((pattern) => pattern instanceof RegExp);

const SCOPES = ['workflow', 'session', 'actor', 'global'];
const scopeOf = (known: readonly string[]): Rule => (value) => {
  if (typeof value === 'string' && known.includes(value)) return;
  throw new MemoryError('invalid_scope', `no scope is called ${typeof value === 'string' ? unknown(value, known) : show(value)}`);
};

const METRICS = ['cosine', 'dot', 'euclidean'];
const metric: Rule = (value) => {
  if (typeof value === 'string' && METRICS.includes(value)) return;
  throw new MemoryError('invalid_option', `no metric is called ${typeof value === 'string' ? unknown(value, METRICS) : show(value)}`);
};

/** True or false. */
export const flag = rule('invalid_option', 'true or false', (value) => typeof value === 'boolean');
/** A text. */
export const text = rule('invalid_option', 'a string', isText);
const id = rule('invalid_scope', 'a string', isText);
const whole = rule('invalid_option', 'a whole number, 0 or more', isWhole);
const count = rule('invalid_option', 'a whole number, 1 or more', (value) => isWhole(value) && value !== 0);
const topK = rule('invalid_option', 'a whole number, 1 to 1,000', (value) => isWhole(value) && Number(value) >= 1 && Number(value) <= 1_000);
const millis = rule('invalid_option', 'a whole number of milliseconds, 1 or more', (value) => isWhole(value) && value !== 0);
const number = rule('invalid_option', 'a finite number', (value) => Number.isFinite(value));
/** A function. */
export const handler = rule('invalid_option', 'a function', isFunction);
const concurrency = rule('invalid_option', 'a whole number, 1 or more, or Infinity', (value) => value === Infinity || (isWhole(value) && value !== 0));
/** Whatever it is. */
export const anything: Rule = () => {};
/** An `AbortSignal`. */
export const signal = rule(
  'invalid_option',
  'an AbortSignal',
  (value) => typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value,
);

const at = { scope: scopeOf(SCOPES), scopeId: id };
const ids = { workflowId: id, sessionId: id, actorId: id };
const vector = { ...at, space: text };
const watch = { ...at, from: whole, initial: flag, durable: text, signal };

/** Options of `get`, `entry`, `has`, and of `update`, `increment`, `append`, `batch`, `clear`: where. */
export const atOptions = (verb: string): Check => options(verb, at);
/** Options of `set`. */
export const setOptions = options('set', { ...at, ttl: millis, ifRevision: whole, ifAbsent: flag });
/** Options of `delete`. */
export const deleteOptions = options('delete', { ...at, ifRevision: whole });
/** Options of `list`. */
export const listOptions = options('list', {
  ...at,
  scope: scopeOf([...SCOPES, 'all']),
  prefix: text,
  pattern: (value) => checkPattern(value),
  limit: count,
  cursor: text,
});
/** Options of `history`. */
export const historyOptions = options('history', {
  ...at,
  pattern: (value) => checkPattern(value),
  since: whole,
  limit: count,
  cursor: text,
});
/** Options of `getVector`, `deleteVector`. */
export const vectorOptions = (verb: string): Check => options(verb, vector);
/** Options of `setVector`, `setVectors`. */
export const setVectorOptions = (verb: string): Check => options(verb, { ...vector, metric });
/** Options of `searchVector`, `searchVectors`. */
export const searchOptions = (verb: string): Check =>
  options(verb, { ...vector, topK, filter: anything, threshold: number, exact: flag, includeValues: flag, includeEmbedding: flag });
/** Options of `watch`. */
export const watchOptions = options('watch', watch);
/** Options of `watchMemory`. */
export const watchMemoryOptions = options('watchMemory', {
  ...watch,
  concurrency,
  onError: handler,
  ignoreSelf: flag,
  onSynced: handler,
  onResync: handler,
  name: text,
});
/** Options of `notebook`. */
export const notebookOptions = options('notebook', {
  ...at,
  dir: rule('invalid_option', 'the path of a directory', (value) => isText(value) && value !== '' && !String(value).includes('\0')),
  initialContent: text,
  redact: rule('invalid_option', 'a regular expression, an array of them, or a function', isRedact),
  onError: handler,
});
/** Options of a notebook's `read` and `snapshot`. */
export const notebookReadOptions = options('read', { since: whole });
/** Options of a notebook's `write`. */
export const notebookWriteOptions = options('write', { retryKey: text });
/** Options of a notebook's `entries`. */
export const notebookEntriesOptions = options('entries', { since: whole, author: text, limit: count });
/** Options of `injectIntoPrompt`. */
export const injectOptions = options('injectIntoPrompt', {
  maxTokens: count,
  maxChars: count,
  exclude: text,
  notice: rule('invalid_option', 'true, false or a sentence', (value) => typeof value === 'boolean' || isText(value)),
  stable: flag,
});
/** Options of a notebook's `watch`. */
export const notebookWatchOptions = options('watch', { since: whole, signal });
/** Options of `call`. */
export const callOptions = options('call', { ...ids, timeout: millis, signal });
/** The ids of a context. */
export const contextIds = options('a context', ids);
const agentOptions = options('Agent', { id: anything, fabric: anything, context: anything });
/** Options of `Fabric.memory`. */
export const memoryOptions = options('Fabric.memory', { embed: handler });
const retentionOptions = options('retention', { events: whole, age: whole, bytes: whole });
/** Options of `Fabric.open`. */
export const openOptions = options('Fabric.open', {
  embed: handler,
  durability: rule('invalid_option', '"process" or "sync"', (value) => value === 'process' || value === 'sync'),
  cacheBytes: whole,
  allowNetwork: flag,
  retention: (value) => retentionOptions(value),
  vectors: rule('invalid_option', '"full" or "lean"', (value) => value === 'full' || value === 'lean'),
});
/** Options of `Fabric.open` where the tabs of a browser share the memory. */
export const sharedOptions = options('Fabric.open', {
  embed: handler,
  durability: rule('invalid_option', '"relaxed", "strict" or "memory"', (value) => value === 'relaxed' || value === 'strict' || value === 'memory'),
});

/** The steps of a batch, by type. */
const STEPS: Readonly<Record<string, Check>> = {
  set: step('set', { value: anything, ttl: millis, keepTtl: flag, ifRevision: whole, ifAbsent: flag }),
  delete: step('delete', { ifRevision: whole }),
  increment: step('increment', { by: anything }),
  append: step('append', { items: anything }),
  setVector: step('setVector', { embedding: anything, metadata: anything, space: text, metric }),
  deleteVector: step('deleteVector', { space: text }),
};

function step(type: string, rules: Readonly<Record<string, Rule>>): Check {
  return options(`a batch's ${type}`, { type: anything, key: anything, ...at, ...rules });
}

/** Checks the names and types in one step of a batch. */
export function checkStep(operation: unknown, index: number): void {
  if (typeof operation !== 'object' || operation === null || !('type' in operation)) {
    throw new MemoryError('invalid_option', `operations[${index}] is ${show(operation)}, not an operation with a \`type\``);
  }
  const { type } = operation;
  const check = typeof type === 'string' && Object.hasOwn(STEPS, type) ? STEPS[type] : undefined;
  if (check === undefined) {
    const what = typeof type === 'string' ? unknown(type, Object.keys(STEPS)) : show(type);
    throw new MemoryError('invalid_option', `operations[${index}]: no operation has the type ${what}`);
  }
  check(operation);
}

const itemOptions = options('an item of setVectors', { key: anything, embedding: anything, metadata: anything });

/** Checks the names in one item of `setVectors`, and its key. */
export function checkItem(item: unknown, index: number): void {
  if (!isObject(item)) {
    throw new MemoryError('invalid_option', `items[${index}] is ${show(item)}, not an object with a \`key\` and an \`embedding\``);
  }
  itemOptions(item);
  checkKey('key' in item ? item.key : undefined, `items[${index}].key`);
}

/** Checks that something is an array. */
export function checkList(value: unknown, what: string): void {
  if (!Array.isArray(value)) throw new MemoryError('invalid_option', `${what}, not ${show(value)}`);
}

/** Checks that a key can cross to the core, which decides on the rest. */
export function checkKey(key: unknown, name = 'a key'): asserts key is string {
  if (typeof key !== 'string') throw new MemoryError('invalid_key', `${name} is a string, not ${show(key)}`);
  if (!key.isWellFormed()) throw new MemoryError('invalid_key', `the key ${show(key)} has half of a surrogate pair, which is no text`);
}

/** Checks that a text can cross to the core. */
export function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value === 'string' && value.isWellFormed()) return;
  const how = typeof value === 'string' ? `${show(value)}, which has half of a surrogate pair` : show(value);
  throw new MemoryError('invalid_value', `${what} is a text, not ${how}`);
}

/** Checks that something is bytes, of whichever realm. */
export function checkBytes(bytes: unknown): asserts bytes is Uint8Array {
  if (Object.prototype.toString.call(bytes) === '[object Uint8Array]') return;
  throw new MemoryError('invalid_option', `a memory is imported from a Uint8Array, not from ${show(bytes)}`);
}

/** Checks the name of a dimension. */
export function checkScope(scope: unknown): void {
  at.scope(scope, 'scope');
}

/** Checks that the id of an instance can cross to the core, which decides on the rest. */
export function checkId(value: unknown, name: string): asserts value is string {
  id(value, name);
}

/** Checks the id of an agent: letters, digits, `_` and `-`, so that `agent.name` has one dot that counts. */
export function checkAgentId(value: unknown): asserts value is string {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(value)) return;
  throw new MemoryError('invalid_option', `an agent id is 1 to 256 letters, digits, \`_\` and \`-\`, not ${show(value)}`);
}

/** Checks what an agent is made of. */
export function checkAgent(given: { id: string; fabric: object; context?: object | undefined }): void {
  agentOptions(given ?? null);
  checkAgentId(given.id);
  if (!isObject(given.fabric) || !('core' in given.fabric)) {
    throw new MemoryError('invalid_option', `an agent has a \`fabric\` to work on, not ${show(given.fabric)}`);
  }
  contextIds(given.context);
}

/** Checks the name of a reasoner or skill. */
export function checkName(value: unknown): asserts value is string {
  if (typeof value === 'string' && value.length > 0) return;
  throw new MemoryError('invalid_option', `a reasoner or skill has a name, not ${show(value)}`);
}

/** Checks that something can be called. */
export function checkFunction(value: unknown, what: string): void {
  if (!isFunction(value)) throw new MemoryError('invalid_option', `${what} is a function, not ${show(value)}`);
}

/** Checks that a pattern can cross to the core, which knows the grammar. */
export function checkPattern(pattern: unknown): asserts pattern is string {
  if (typeof pattern === 'string' && pattern.isWellFormed()) return;
  throw new MemoryError('invalid_pattern', `a pattern is a string, not ${show(pattern)}`);
}

/** One pattern or many, as a list. */
export function patternList(patterns: string | readonly string[]): string[] {
  const list: readonly unknown[] = Array.isArray(patterns) ? patterns : [patterns];
  if (list.length === 0) throw new MemoryError('invalid_option', 'a watch needs at least one pattern: `**` matches every key');
  return list.map((pattern) => {
    checkPattern(pattern);
    return pattern;
  });
}

/** An unknown name, and what may have been meant. */
export function unknown(name: string, known: readonly string[]): string {
  const ranked = known.map((candidate) => ({ candidate, away: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  const nearest = ranked.reduce((best, next) => (next.away < best.away ? next : best));
  const isNear = nearest.away <= Math.max(2, Math.floor(name.length / 3));
  const begun = name.length < 3 ? undefined : ranked.find(({ candidate }) => candidate.toLowerCase().startsWith(name.toLowerCase()));
  const meant = isNear ? nearest : begun;
  if (meant !== undefined) return `\`${name}\`: did you mean \`${meant.candidate}\`?`;
  return `\`${name}\`: there are ${known.map((candidate) => `\`${candidate}\``).join(', ')}`;
}

/** How many letters must be changed, added, left out or swapped to get from one name to another. */
function distance(from: string, to: string): number {
  let [before, row] = [new Array<number>(), Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let best = Math.min(cost(row, j) + 1, cost(next, j - 1) + 1, cost(row, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) best = Math.min(best, cost(before, j - 2) + 1);
      next.push(best);
    }
    [before, row] = [row, next];
  }
  return cost(row, to.length);
}

function cost(row: readonly number[], at: number): number {
  return row[at] ?? Infinity;
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}
