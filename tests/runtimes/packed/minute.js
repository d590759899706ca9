// A first minute, in memory or where a URL says, over whatever was imported. Answers what was seen.

export async function minute({ Fabric, matches }, url) {
  const fabric = await (url === undefined ? Fabric.memory() : Fabric.open(url));
  const agent = fabric.agent('support');
  const alert = new Promise((resolve) => {
    agent.watchMemory('ticket:*:sentiment', ({ key, data }) => resolve(`${key} ${data.mood}`));
  });
  agent.reasoner('triage', async ({ memory }) => {
    await memory.set('ticket:T-123.sentiment', { mood: 'angry' });
    await memory.setVector('doc:chunk-1', [1, 2, 3], { source: 'contracts.pdf' });
    const [hit] = await memory.searchVector([1, 2, 3]);
    return `${hit.key} ${hit.score.toFixed(3)} ${hit.metadata.source}`;
  });
  const found = await agent.call('support.triage', {}, { workflowId: 'wf-123' });
  const { engine, kernels } = await fabric.stats();
  const seen = [matches('a:*', 'a:b'), await alert, found, engine, kernels];
  await fabric.close();
  return seen.join(', ');
}
