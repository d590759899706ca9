// Process B: the analyst. It reads what A wrote in the same workflow, loads the library, and answers queries from it.
//
//   node demo/b.mjs DIRECTORY

import { Fabric } from 'memfabric';
import { passages, queries } from './lib/passages.mjs';
import { now, report } from './lib/report.mjs';

const CHUNK = 250;
const TOP = 10;
const SHOWN = ['Generating a Random Number', 'Creating a Reference Cycle', 'Spawning a Thread for Each Request'];

const fabric = await Fabric.open(process.argv[2]);
const agent = fabric.agent('analyst');
const { memory } = agent.context({ workflowId: 'wf-123' });

const tickets = memory.watch('ticket:T-123.sentiment');
await report('waiting');
for await (const _ of tickets) break;

await report('read', {
  value: await memory.get('ticket:T-123.sentiment'),
  author: (await memory.entry('ticket:T-123.sentiment')).author,
  elsewhere: await fabric.workflow('wf-999').has('ticket:T-123.sentiment'),
});

// The library is for everyone, so it goes to the global scope.
const library = agent.memory.global;
const all = passages();
let begun = now();
for (let at = 0; at < all.length; at += CHUNK) {
  await library.batch(
    all.slice(at, at + CHUNK).map(({ id, source, text, embedding }) => ({
      type: 'setVector',
      key: `passage:${id}`,
      embedding,
      metadata: { source, text, book: source.split('/')[0] },
    })),
  );
  await report('loading', { done: Math.min(at + CHUNK, all.length), total: all.length });
}
await report('loaded', { passages: all.length, dimensions: all[0].embedding.length, took: now() - begun });

const times = [];
let right = 0;
for (const { text, embedding, nearest } of queries()) {
  begun = now();
  const hits = await library.searchVector(embedding, { topK: TOP });
  times.push(now() - begun);
  const best = nearest.slice(0, TOP);
  right += hits.filter(({ key }) => best.includes(Number(key.split(':')[1]))).length;
  if (SHOWN.includes(text)) await report('found', { query: text, hits: hits.slice(0, 3), took: times.at(-1) });
}
times.sort((one, other) => one - other);
await report('answered', {
  queries: times.length,
  median: times[times.length >> 1],
  slowest: times.at(-1),
  recall: right / (TOP * times.length),
});

await library.set('library', { passages: all.length });
await fabric.close();
