// The first minute of the README, in whatever runtime this is.

import { Fabric } from 'memfabric';

const embedding = Float32Array.from({ length: 8 }, (_, index) => index + 1);
const queryEmbedding = embedding;
const input = { ticket: 'T-123' };
const done = Promise.withResolvers?.() ?? withResolvers();

const fabric = await Fabric.open('./memory');
const notifications = fabric.agent('notifications');
notifications.skill('alert', async (ctx) => {
  console.log('ALERT', JSON.stringify(ctx.input));
  done.resolve();
});

const agent = fabric.agent('support');
agent.reasoner('triage', async (ctx) => {
  await ctx.memory.set('ticket:T-123.sentiment', { mood: 'angry', urgency: 'high' });
  const sentiment = await ctx.memory.get('ticket:T-123.sentiment');
  console.log('MOOD', sentiment.mood);
  await ctx.memory.setVector('doc:chunk-1', embedding, { source: 'contracts.pdf' });
  return ctx.memory.searchVector(queryEmbedding, { topK: 5 });
});
agent.watchMemory('ticket:*:sentiment', async (event) => {
  await agent.call('notifications.alert', { key: event.key, change: event.data });
});
const [hit] = await agent.call('support.triage', input, { workflowId: 'wf-123' });
console.log('HIT', hit.key, hit.score.toFixed(3), hit.metadata.source);
await done.promise;
await fabric.close();
console.log('CLOSED');

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
