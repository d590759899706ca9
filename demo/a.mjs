// Process A: the support desk. It writes what it learns about a ticket, and later searches what it never loaded itself.
//
//   node demo/a.mjs DIRECTORY

import { Fabric } from 'memfabric';
import { queries } from './lib/passages.mjs';
import { now, report } from './lib/report.mjs';

const fabric = await Fabric.open(process.argv[2]);
const agent = fabric.agent('support');

agent.reasoner('triage', async (ctx) => {
  const begun = now();
  const { revision } = await ctx.memory.set(`ticket:${ctx.input.ticket}.sentiment`, { mood: 'angry', urgency: 'high' });
  await report('wrote', { revision, workflow: ctx.workflowId, begun });
});

// A watch takes its place at the call, so nothing that comes after this line is missed.
const library = fabric.global.watch('library');

await agent.call('support.triage', { ticket: 'T-123' }, { workflowId: 'wf-123' });

for await (const event of library) {
  await report('told', { by: event.metadata.agent_id });
  break;
}
const query = queries().find(({ text }) => text.startsWith('Why have Cargo.lock'));
const begun = now();
const hits = await fabric.global.searchVector(query.embedding, { topK: 3, filter: { book: 'cargo' } });
await report('found', { query: query.text, hits, took: now() - begun });

await fabric.close();
