/** The entries that a session sees, and its notebook, as resources. */

import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import type { ListResourcesResult, ListResourceTemplatesResult, ReadResourceResult, Resource } from '@modelcontextprotocol/server';

import { MemoryError } from '../api/errors.js';
import { failure } from '../api/tools/tool.js';
import { notebookOf, type Session } from './session.js';
import { ENTRY_TEMPLATE, entryOf, entryUri } from './uri.js';

/** Resources of a page. */
const PAGE = 100;

const JSON_TYPE = 'application/json';
const NOTEBOOK_TYPE = 'text/markdown';

/** Where a page of the list begins: an instance of the session, and a place in it. */
interface Place {
  instance: number;
  cursor?: string | undefined;
}

/** A page of resources: the notebook, then the entries of one instance after the other. */
export async function list(session: Session, cursor: string | undefined): Promise<ListResourcesResult> {
  const resources: Resource[] = cursor === undefined ? [notebook(session)] : [];
  let place: Place | undefined = cursor === undefined ? { instance: 0 } : placeOf(cursor);
  while (place !== undefined && resources.length < PAGE) {
    const at: Place = place;
    const instance = session.instances[at.instance];
    if (instance === undefined) break;
    const { scope, id } = instance;
    const page = await asked(session.memory.list({ scope, scopeId: id, limit: PAGE, cursor: at.cursor }));
    for (const { key, updated_at: updated } of page.entries) {
      const annotations = { lastModified: new Date(updated).toISOString() };
      resources.push({ uri: entryUri({ scope, id, key }), name: key, description: `${scope} ${id}`, mimeType: JSON_TYPE, annotations });
    }
    const { instance: number } = at;
    if (page.cursor !== undefined) place = { instance: number, cursor: page.cursor };
    else place = number + 1 < session.instances.length ? { instance: number + 1 } : undefined;
  }
  return place === undefined ? { resources } : { resources, nextCursor: cursorOf(place) };
}

/** The address of an entry, as a template. */
export function templates(): ListResourceTemplatesResult {
  return {
    resourceTemplates: [
      {
        uriTemplate: ENTRY_TEMPLATE,
        name: 'entry',
        title: 'An entry of the shared memory',
        description: 'The value under a key: `scope` is workflow, session, actor or global, `id` the one of the session (`global` for global).',
        mimeType: JSON_TYPE,
      },
    ],
  };
}

/** What stands at an address. */
export async function read(session: Session, uri: string): Promise<ReadResourceResult> {
  if (uri === notebookOf(session)) {
    const { text } = await asked(session.notebook.snapshot());
    return { contents: [{ uri, mimeType: NOTEBOOK_TYPE, text }] };
  }
  const address = entryOf(uri);
  if (address === undefined) throw new ResourceNotFoundError(uri);
  const { scope, id, key } = address;
  const entry = await asked(session.memory.entry(key, { scope, scopeId: id }));
  if (entry === undefined) throw new ResourceNotFoundError(uri);
  return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(entry.value), _meta: { revision: entry.revision } }] };
}

/** The one spelling of an address that can be subscribed to, be there something or not. */
export async function subscribable(session: Session, uri: string): Promise<string> {
  if (uri === notebookOf(session)) return uri;
  const address = entryOf(uri);
  if (address === undefined) throw new ResourceNotFoundError(uri);
  // The handle decides whether it may be seen.
  await asked(session.memory.has(address.key, { scope: address.scope, scopeId: address.id }));
  return entryUri(address);
}

function notebook(session: Session): Resource {
  return {
    uri: notebookOf(session),
    name: 'memory.md',
    title: 'Shared notebook',
    description: 'What the agents noted for each other: one line an entry, with its time and author.',
    mimeType: NOTEBOOK_TYPE,
  };
}

const cursorOf = ({ instance, cursor }: Place): string => Buffer.from(JSON.stringify([instance, cursor])).toString('base64url');

function placeOf(text: string): Place {
  try {
    const [instance, cursor]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isInstance = typeof instance === 'number' && Number.isInteger(instance) && instance >= 0;
    if (isInstance && (typeof cursor === 'string' || cursor === undefined || cursor === null)) return { instance, cursor: cursor ?? undefined };
  } catch {
    // Said below.
  }
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'the cursor is none that this server gave');
}

/** Asks the memory, and says what it refuses as an error of the protocol. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const code = error instanceof MemoryError && /^invalid_|^forbidden$/.test(error.code) ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    throw new ProtocolError(code, failure(error));
  }
}
