import { Fabric } from 'memfabric';

const fabric = await Fabric.open('./memory');        // a directory: durable, shared by every process that opens it
const notifications = fabric.agent('notifications');
notifications.skill('alert', async (ctx) => { console.log('ALERT', ctx.input); });

const agent = fabric.agent('support');               // also: new Agent({ id: 'support', fabric })
agent.reasoner('triage', async (ctx) => {
  await ctx.memory.set('ticket:T-123.sentiment', { mood: 'angry', urgency: 'high' });
  const sentiment = await ctx.memory.get('ticket:T-123.sentiment');
  await ctx.memory.setVector('doc:chunk-1', embedding, { source: 'contracts.pdf' });
  return ctx.memory.searchVector(queryEmbedding, { topK: 5 });
});
agent.watchMemory('ticket:*:sentiment', async (event) => {
  await agent.call('notifications.alert', { key: event.key, change: event.data });
});
await agent.call('support.triage', input, { workflowId: 'wf-123' });
