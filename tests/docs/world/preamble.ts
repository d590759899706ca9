/* oxlint-disable no-unused-vars -- each example uses what it needs. */

/** What the examples in doc comments take for granted. */

import { mkdirSync } from 'node:fs';
import { Agent, Fabric, matches, MemoryError, memoryPromptAddendum, memoryTools, Notebook, type ChangeEvent, type Filter, type Memory } from 'memfabric';

interface Plan {
  steps: string[];
  owner?: string;
}

const fabric = await Fabric.memory();
const agent = fabric.agent('support');
const memory = fabric.memory({ workflowId: 'wf-123', actorId: 'ada' });
const ctx = agent.context({ workflowId: 'wf-123' });
const query = queryEmbedding;
const next: Plan = { steps: ['read'] };

mkdirSync('run', { recursive: true });
fabric.agent('notifications').skill('alert', () => {});
await memory.set('plan', { steps: [] });
await memory.set('inbox:7', 'write');
await memory.setVector('doc:1', embedding);
const entry = there(await memory.entry<Plan>('plan'));
const task = there(await memory.entry('inbox:7'));
const notebook = await memory.notebook();
const tools = memoryTools(notebook, { agent: 'researcher' });
const event: ChangeEvent = there((await memory.history()).events[0]);

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the preamble has set it');
  return value;
}
function show(value: unknown): void {}
function render(key: string, value: unknown): void {}
function remove(key: string): void {}
function ship(change: ChangeEvent): void {}
function runTool(tool: { memory: Memory }): void {}
