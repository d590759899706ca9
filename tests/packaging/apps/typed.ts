// A program as a user would type it: it must compile, strictly, with nothing else installed.

import { Agent, Fabric, matches, MemoryError, type ChangeEvent, type Entry, type Hit, type Watch } from 'memfabric';

interface Sentiment {
  mood: string;
}

await using fabric = await Fabric.open('./memory', { durability: 'sync' });
const agent = new Agent({ id: 'support', fabric });

agent.reasoner('triage', async (ctx) => {
  const { revision } = await ctx.memory.set('ticket:T-1.sentiment', { mood: 'angry' }, { ttl: 60_000 });
  const sentiment = await ctx.memory.get<Sentiment>('ticket:T-1.sentiment');
  const mood: string | undefined = sentiment?.mood;
  const unknownValue: unknown = await ctx.memory.get('other');
  return { revision, mood, unknownValue };
});

const watcher = agent.watchMemory(['ticket:*'], (event: ChangeEvent, ctx) => {
  switch (event.action) {
    case 'delete':
    case 'expire': {
      const nothing: null = event.data;
      return nothing;
    }
    default:
      return ctx.memory.has(event.key);
  }
});
watcher.unref().close();

const watch: Watch = fabric.watch('ticket:*', { from: 0 });
for await (const event of watch) {
  if (event.action === 'synced') break;
}

const entry: Entry<number> | undefined = await fabric.global.entry<number>('n');
const hits: Hit[] = await fabric.global.searchVector(new Float32Array([1, 2]), { topK: 5, filter: { page: { $gte: 3 } } });
const result: { revision: number } = await agent.call('support.triage', { id: 1 });

try {
  await fabric.global.set('a', 1, { ifAbsent: true });
} catch (error) {
  if (error instanceof MemoryError && error.code === 'conflict') console.log(matches('a:*', 'a:b'), entry, hits, result);
}

// @ts-expect-error An option that does not exist.
await fabric.global.set('a', 1, { time: 5 });
// @ts-expect-error A key is a string.
await fabric.global.get(5);
