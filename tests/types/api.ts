/** What the types promise. Checked by `tsc`, never run. */

import {
  Agent,
  Fabric,
  MemoryError,
  Notebook,
  matches,
  type ChangeEvent,
  type Context,
  type Entry,
  type ErrorCode,
  type Handler,
  type Hit,
  type Ids,
  type Memory,
  type Metric,
  type NotebookEntry,
  type NoteEvent,
  type Operation,
  type SpaceStats,
  type VectorItem,
  type Watch,
  type WatchContext,
  type Watcher,
  type WatchEvent,
} from 'memfabric';

/** Fails to compile unless the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>(): void => {};

declare const fabric: Fabric;
declare const memory: Memory;
declare const agent: Agent;

interface Plan {
  steps: string[];
  owner?: string;
}

export async function verbs(): Promise<void> {
  const opened = [await Fabric.open('./memory', { durability: 'sync' }), await Fabric.memory()];
  is<Same<typeof opened, Fabric[]>>();
  is<Same<typeof fabric.global, Memory>>();
  is<Same<ReturnType<typeof fabric.agent>, Agent>>();

  const unknown = await memory.get('k');
  is<Same<typeof unknown, unknown>>();
  const plan = await memory.get<Plan>('k');
  is<Same<typeof plan, Plan | undefined>>();
  const entry = await memory.entry<Plan>('k', { scope: 'session' });
  is<Same<typeof entry, Entry<Plan> | undefined>>();
  is<Same<NonNullable<typeof entry>['value'], Plan>>();
  const page = await memory.list<Plan>({ scope: 'all', prefix: 'p' });
  is<Same<typeof page.entries, Entry<Plan>[]>>();
  is<Same<typeof page.cursor, string | undefined>>();

  const { revision } = await memory.set('k', plan, { ifRevision: 5, ttl: 1000 });
  is<Same<typeof revision, number>>();
  const deleted = await memory.delete('k', { ifRevision: revision });
  is<Same<typeof deleted, boolean>>();
  const updated = await memory.update<Plan>('k', (old) => (old === undefined ? undefined : { ...old, owner: 'ada' }));
  is<Same<typeof updated, Plan | undefined>>();
  await memory.update('k', (old: number | undefined) => (old ?? 0) + 1);
  is<Same<Awaited<ReturnType<typeof memory.increment>>, number>>();

  const hits = await memory.searchVector<{ page: number }>([1, 2], { topK: 3, filter: { page: { $gt: 1 }, $or: [{ a: 1 }] } });
  is<Same<typeof hits, Hit<{ page: number }>[]>>();
  is<Same<(typeof hits)[number]['value'], unknown>>();
  is<Same<(typeof hits)[number]['embedding'], Float32Array | undefined>>();
  const valued = await memory.searchVector<{ page: number }, Plan>('a text', { includeValues: true, includeEmbedding: true });
  is<Same<typeof valued, Hit<{ page: number }, Plan>[]>>();
  is<Same<(typeof valued)[number]['value'], Plan | undefined>>();
  const answers = await memory.searchVectors([[1, 2], 'a text', new Float32Array(2)] as const, { topK: 3 });
  is<Same<typeof answers, Hit[][]>>();
  await memory.setVector('k', new Float64Array(3), { page: 1 }, { space: 'x', metric: 'dot' });
  const items: readonly VectorItem[] = [{ key: 'k', embedding: [1], metadata: plan }, { key: 'l', embedding: 'a text' }];
  const span = await memory.setVectors(items, { space: 'x', metric: 'euclidean', scope: 'session' });
  is<Same<typeof span, { first: number; last: number }>>();
  is<Same<Metric, 'cosine' | 'dot' | 'euclidean'>>();
  await memory.setVector('k', 'a text', plan);
  const vector = await memory.getVector('k');
  is<Same<NonNullable<typeof vector>['embedding'], Float32Array>>();

  const operations: Operation[] = [
    { type: 'set', key: 'a', value: plan, keepTtl: true, scope: 'global' },
    { type: 'append', key: 'b', items: [1] },
    { type: 'setVector', key: 'c', embedding: [1], metadata: plan, metric: 'cosine' },
  ];
  const { first, last } = await memory.batch(operations);
  is<Same<typeof first | typeof last, number>>();
  const hit = matches('a:*', 'a:b');
  is<Same<typeof hit, boolean>>();
}

export async function figures(): Promise<void> {
  await Fabric.open('./memory', { vectors: 'lean' });
  const { vectors } = await fabric.stats();
  is<Same<typeof vectors, SpaceStats[]>>();
  for (const space of vectors) {
    is<Same<typeof space.metric, Metric>>();
    is<Same<typeof space.recall, { estimate: number; queries: number } | undefined>>();
    is<Same<typeof space.rebuilt, string | undefined>>();
  }
}

export function values(): void {
  // An interface is as good as a literal: parameters are `unknown`.
  const plan: Plan = { steps: [] };
  void memory.set('k', plan);
  void memory.set('k', new Date());
}

export function mistakes(): void {
  // @ts-expect-error a key is a string
  void memory.get(5);
  // @ts-expect-error a scope is one of four
  void memory.get('k', { scope: 'tenant' });
  // @ts-expect-error `all` is for lists only
  void memory.get('k', { scope: 'all' });
  // @ts-expect-error a typo
  void memory.searchVector([1], { filters: {} });
  // @ts-expect-error one of three
  void memory.setVector('k', [1], {}, { metric: 'manhattan' });
  // @ts-expect-error the metric stands when there is something to get
  void memory.getVector('k', { metric: 'dot' });
  // @ts-expect-error an item has a key
  void memory.setVectors([{ embedding: [1] }]);
  // @ts-expect-error an item goes where all of them go
  void memory.setVectors([{ key: 'k', embedding: [1], scope: 'global' }]);
  // @ts-expect-error many queries
  void memory.searchVectors([1, 2]);
  // @ts-expect-error full or lean
  void Fabric.open('./memory', { vectors: 'some' });
  // @ts-expect-error there is nothing to set
  void memory.set('k');
  // @ts-expect-error where must be said
  void memory.clear();
  // @ts-expect-error an operation has a type
  void memory.batch([{ key: 'k', value: 1 }]);
  // @ts-expect-error an increment has no value
  void memory.batch([{ type: 'increment', key: 'k', value: 1 }]);
  // @ts-expect-error an agent has a fabric
  void new Agent({ id: 'a' });
  // @ts-expect-error a memory comes from a fabric
  void new Memory();
  // @ts-expect-error a fabric is opened
  void new Fabric();
}

/** Every action has its case, so the rest is `never`. */
export function exhaustive(event: WatchEvent): string {
  switch (event.action) {
    case 'set':
      is<Same<typeof event.data, unknown>>();
      return event.snapshot === true ? 'stands' : 'was set';
    case 'delete':
    case 'expire':
      is<Same<typeof event.data, null>>();
      return event.key;
    case 'set_vector':
      return event.space ?? 'no space';
    case 'delete_vector':
      is<Same<typeof event.data, null>>();
      return event.metadata.agent_id ?? 'nobody';
    case 'note':
      is<Same<typeof event.data, { agent: string | null; entry: string }>>();
      return event.data.entry;
    case 'synced':
      return String(event.revision);
    case 'resync':
      return String(event.floor - event.from);
    default:
      return event satisfies never;
  }
}

export function changesOnly(event: ChangeEvent): number | null {
  is<Same<ChangeEvent['action'], 'set' | 'delete' | 'expire' | 'set_vector' | 'delete_vector' | 'note'>>();
  is<Same<typeof event.scope, 'global' | 'actor' | 'session' | 'workflow'>>();
  return event.previous_revision;
}

export async function watching(): Promise<void> {
  const watch = fabric.watch(['a:*', 'b'] as const, { initial: true, signal: AbortSignal.timeout(5) });
  is<Same<typeof watch, Watch>>();
  for await (const event of watch) is<Same<typeof event, WatchEvent>>();
  await using watcher = agent.watchMemory('a', (event, ctx) => {
    is<Same<typeof event, ChangeEvent>>();
    is<Same<typeof ctx, WatchContext>>();
  });
  const handle: Watcher = watcher.unref();
  handle.close();
  agent.watchMemory('a', async () => {}, {
    concurrency: 4,
    durable: 'd',
    onError: (error, event) => console.log(error, event?.action),
    onSynced: ({ revision }) => revision,
  });
}

export async function calls(): Promise<void> {
  agent
    .reasoner('a', (ctx) => {
      is<Same<typeof ctx.input, unknown>>();
      is<Same<typeof ctx.workflowId, string | undefined>>();
      is<Same<typeof ctx.signal, AbortSignal>>();
      return ctx.call<number>('b.c');
    })
    .skill<{ n: number }, string>('b', ({ input }) => String(input.n))
    .skill('c', async ({ input }: Context<Plan>) => input.steps.length);
  const handler: Handler<Plan, number> = ({ input }) => input.steps.length;
  agent.reasoner('d', handler);
  const result = await agent.call<Plan>('a.b', { n: 1 }, { sessionId: 's', timeout: 5 });
  is<Same<typeof result, Plan>>();
  const ids: Ids = { workflowId: 'w' };
  const { memory: bound, call } = agent.context(ids);
  is<Same<typeof bound, Memory>>();
  is<Same<Awaited<ReturnType<typeof call>>, unknown>>();
}

export function errors(error: unknown): number {
  if (!(error instanceof MemoryError)) return 0;
  const code: ErrorCode = error.code;
  if (code === 'conflict') return error.revision ?? 0;
  // @ts-expect-error no such code
  if (code === 'conflicts') return 1;
  const made = new MemoryError('timeout', 'too late', { cause: error });
  return made.maybeCommitted === true ? 1 : 0;
}

export async function notes(): Promise<void> {
  const notebook: Notebook = await Notebook.open('./run', '# Findings', { redact: [/sk-\w+/] });
  is<Same<typeof notebook.filePath, string | undefined>>();
  const { revision } = await notebook.write('scout', 'found', { retryKey: 'k' });
  const entries: NotebookEntry[] = await notebook.entries({ since: revision, author: 'scout', limit: 3 });
  const prompt: string = await notebook.injectIntoPrompt('p', { maxTokens: 500, notice: true, exclude: 'me', stable: true });
  for await (const event of notebook.watch({ since: 0 })) is<Same<typeof event, NoteEvent>>();
  const same: Notebook = await fabric.workflow('w').notebook({ dir: './run' });
  void [entries, prompt, same];
  // @ts-expect-error it is `retryKey`
  await notebook.write('scout', 'found', { retry_key: 'k' });
}
