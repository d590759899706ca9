/** The tools that work on entries and vectors. Each is one call of the session's sealed handle. */

import type { Entry } from '../api/types.js';
import { schemaOf, wrong, type Property } from '../api/tools/schema.js';
import type { ToolHints } from '../api/tools/tool.js';
import { listed, whole } from './brief.js';
import type { Session } from './session.js';
import { documentTool, type Document, type ServerTool } from './tool.js';

const reads: ToolHints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const writes: ToolHints = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false };

/** Entries of a page where no limit is given, and at most. */
const PAGE = { usual: 50, most: 200 };
/** Most hits of a search. */
const HITS = 50;

const key = { type: 'string', description: 'The name of the entry, such as `ticket:T-123.sentiment`.' } satisfies Property;
const ifRevision = {
  type: 'integer',
  minimum: 0,
  description: 'Do it only if exactly this revision stands, as memory_get told; else nothing happens and the answer is `conflict`.',
} satisfies Property;

/** Get, set, list, delete, search. `texts`: whether there is an embedder, so that texts can be searched for. */
export function entryTools(session: Session, texts: boolean): ServerTool[] {
  return [memoryGet(session), memorySet(session), memoryList(session), memoryDelete(session), memorySearch(session, texts)];
}

function memoryGet(session: Session): ServerTool {
  return documentTool({
    name: 'memory_get',
    description:
      'Reads the value under a key of the shared memory, with its revision and who set it. Without `scope` it looks ' +
      `in ${order(session)}; the first hit wins. \`found\` is false if there is none.`,
    inputSchema: schemaOf(
      { key, scope: scopeOf(session, 'Look only here.'), offset: { type: 'integer', minimum: 0, description: 'For a value that came in parts: its `next_offset`.' } },
      ['key'],
    ),
    annotations: reads,
    async run({ key: name, scope, offset }) {
      const entry = await session.memory.entry(name, { scope: at(session, scope) });
      if (entry === undefined) return { found: false, key: name };
      return { found: true, ...about(entry), ...whole(entry.value, offset ?? 0) };
    },
  });
}

function memorySet(session: Session): ServerTool {
  return documentTool({
    name: 'memory_set',
    description:
      'Sets the value under a key of the shared memory, which other agents see at once. Without `scope` it is set in ' +
      `the ${session.instances[0].scope} memory. What stood there is replaced; use \`if_revision\` or \`if_absent\` where another agent may write too.`,
    inputSchema: schemaOf(
      {
        key,
        value: { description: 'Any JSON value, as itself and not as a string of JSON.' },
        scope: scopeOf(session, 'Set it here.'),
        ttl_ms: { type: 'integer', minimum: 1, description: 'Forget it after so many milliseconds.' },
        if_revision: ifRevision,
        if_absent: { type: 'boolean', description: 'Set it only if nothing stands there; else the answer is `conflict`.' },
      },
      ['key', 'value'],
    ),
    annotations: writes,
    async run({ key: name, value, scope, ttl_ms: ttl, if_revision: revision, if_absent: ifAbsent }) {
      const written = await session.memory.set(name, value, { scope: at(session, scope), ttl, ifRevision: revision, ifAbsent });
      return { revision: written.revision };
    },
  });
}

function memoryList(session: Session): ServerTool {
  return documentTool({
    name: 'memory_list',
    description:
      'Lists entries of the shared memory by key, a page at a time; long values are shortened, and memory_get has them whole. Without ' +
      '`scope` it lists everything that you see, a narrower key hiding a wider one. If there is a `cursor` in the answer, there is more.',
    inputSchema: schemaOf(
      {
        scope: scopeOf(session, 'List only these.'),
        prefix: { type: 'string', description: 'Only keys that start so.' },
        pattern: { type: 'string', description: 'Only keys that match, such as `ticket:*:sentiment`. `:` `.` and `/` separate segments; `*` stays in one, unless it is last.' },
        limit: { type: 'integer', minimum: 1, maximum: PAGE.most, description: `At most so many; ${PAGE.usual} by default.` },
        cursor: { type: 'string', description: 'The `cursor` of the answer before, with everything else as it was.' },
      },
      [],
    ),
    annotations: reads,
    async run({ scope, prefix, pattern, limit, cursor }) {
      const page = await session.memory.list({ scope: at(session, scope) ?? 'all', prefix, pattern, limit: limit ?? PAGE.usual, cursor });
      const entries = page.entries.map((entry) => ({ ...about(entry), ...listed('value', entry.value) }));
      return { entries, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) };
    },
  });
}

function memoryDelete(session: Session): ServerTool {
  return documentTool({
    name: 'memory_delete',
    description: `Deletes the entry under a key of the shared memory, for every agent. Without \`scope\` that of the ${session.instances[0].scope} memory. \`deleted\` is false if there was none.`,
    inputSchema: schemaOf({ key, scope: scopeOf(session, 'Delete it here.'), if_revision: ifRevision }, ['key']),
    annotations: writes,
    async run({ key: name, scope, if_revision: revision }) {
      return { deleted: await session.memory.delete(name, { scope: at(session, scope), ifRevision: revision }) };
    },
  });
}

function memorySearch(session: Session, texts: boolean): ServerTool {
  const vector = { type: 'array', items: { type: 'number' }, description: 'The numbers to search near to.' } satisfies Property;
  const text = { type: 'string', description: 'The text to search near to.' } satisfies Property;
  const common = {
    filter: { type: 'object', description: 'Only vectors with such metadata: {"lang":"en","page":{"$gte":3}}. Operators: $eq $ne $gt $gte $lt $lte $in $nin $exists $and $or $not.' },
    top_k: { type: 'integer', minimum: 1, maximum: HITS, description: 'At most so many; 10 by default.' },
    threshold: { type: 'number', description: 'Only hits with at least this score.' },
    scope: scopeOf(session, 'Search only here.'),
    space: { type: 'string', description: 'The space of the vectors, if they are in one with a name.' },
    values: { type: 'boolean', description: 'Also give the value under the same key.' },
  } satisfies Record<string, Property>;
  return documentTool({
    name: 'memory_search',
    description:
      `Finds what is nearest in meaning to ${texts ? 'a text or a vector' : 'a vector'}, best first, among the vectors of the shared memory that you see. ` +
      (texts ? 'Give either `text` or `vector`.' : 'This server has no embedder, so it cannot search for a text.'),
    inputSchema: texts ? schemaOf({ text, vector, ...common }, []) : schemaOf({ vector, ...common }, ['vector']),
    annotations: reads,
    async run({ text: words, vector: numbers, filter, top_k: topK, threshold, scope, space, values }: SearchArgs) {
      const query = words ?? numbers;
      if (query === undefined || (words !== undefined && numbers !== undefined)) throw wrong('memory_search needs either `text` or `vector`');
      const options = { filter, topK, threshold, scope: at(session, scope), space, includeValues: values };
      const hits = await session.memory.searchVector(query, options);
      return {
        hits: hits.map(({ key: name, scope: where, scope_id: id, score, metadata, ...rest }) => ({
          key: name,
          scope: where,
          scope_id: id,
          score,
          ...listed('metadata', metadata),
          ...('value' in rest && rest.value !== undefined ? listed('value', rest.value) : {}),
        })),
      };
    },
  });
}

interface SearchArgs {
  text?: string | undefined;
  vector?: number[] | undefined;
  filter?: Document | undefined;
  top_k?: number | undefined;
  threshold?: number | undefined;
  scope?: string | undefined;
  space?: string | undefined;
  values?: boolean | undefined;
}

/** A scope of the session. There is no argument for an id: a session has one instance of each of its scopes. */
function scopeOf({ instances }: Session, description: string): Property & { type: 'string' } {
  return { type: 'string', enum: instances.map(({ scope }) => scope), description };
}

/** The scope of a name, which the schema has already checked. */
function at({ instances }: Session, name: string | undefined): Session['instances'][number]['scope'] | undefined {
  return instances.find(({ scope }) => scope === name)?.scope;
}

function order({ instances }: Session): string {
  return instances.map(({ scope }) => scope).join(', then ');
}

/** What is known of an entry beside its value. */
function about({ key: name, scope, scope_id, revision, updated_at, expires_at, author }: Entry): Document {
  return { key: name, scope, scope_id, revision, updated_at, ...(expires_at === undefined ? {} : { expires_at }), ...(author === undefined ? {} : { author }) };
}
