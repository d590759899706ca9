// An analyst whose notes the steps of later levels read: node analysis/main.mjs [DIRECTORY]

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fabric } from 'memfabric';
import { runWorkflow } from 'memfabric/workflow';

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'memfabric-analysis-'));

/** Each agent as a function of what it is asked. A model would go here: `system`, `prompt` and `tools` are what it takes. */
const agents = {
  async analyst({ tools }) {
    for (const entry of ['module billing: 3 callers', 'module search: 40 callers', 'module legacy: no callers']) {
      await tools.run('write_memory', { entry });
    }
    return 'three modules';
  },

  // What was noted stands in the prompt: this agent needs no tools, and has none.
  async pruner({ prompt }) {
    const unused = [...prompt.matchAll(/module (\w+): no callers/g)].map(([, name]) => name);
    return `to be removed: ${unused.join(', ')}`;
  },

  // This one asks for it.
  async planner({ tools }) {
    const notes = await tools.run('read_memory');
    const busiest = /module (\w+): 40 callers/.exec(notes)?.[1];
    await tools.run('write_memory', { entry: `we begin with ${busiest}` });
    return `the busiest is ${busiest}`;
  },

  async writer({ prompt }) {
    return prompt.slice(prompt.lastIndexOf('Report: '));
  },
};

const fabric = await Fabric.open(join(directory, 'memory'));
const { status, output, notebook, auditDir } = await runWorkflow(fileURLToPath(new URL('analysis.yaml', import.meta.url)), {
  fabric,
  auditDir: join(directory, 'runs'),
  execute: (call) => agents[call.agent.name](call),
});
await fabric.close();

console.log(output);
console.log(`memory.md in ${auditDir}:\n\n${notebook}`);
process.exitCode = status === 'completed' ? 0 : 1;
