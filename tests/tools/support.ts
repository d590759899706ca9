/** A notebook, and providers of models of which only the model is made up. */

import { Fabric, memoryTools, type MemoryTools, type Notebook } from 'memfabric';

/** Runs a test with a notebook, and with tools that write in Ada's name. */
export async function withTools(body: (tools: MemoryTools, notebook: Notebook) => Promise<void>): Promise<void> {
  await using fabric = await Fabric.memory();
  const notebook = await fabric.workflow('wf-1').notebook();
  await body(memoryTools(notebook, { agent: 'ada' }), notebook);
}

/** A provider that answers one thing after the other, and keeps what it was asked. */
export function provider(answers: readonly object[]): { fetch: typeof fetch; asked: Record<string, unknown>[] } {
  const asked: Record<string, unknown>[] = [];
  return {
    asked,
    async fetch(_url, init) {
      const body: unknown = JSON.parse(String(init?.body));
      asked.push(Object.fromEntries(Object.entries(Object(body))));
      return Response.json(answers[asked.length - 1]);
    },
  };
}
