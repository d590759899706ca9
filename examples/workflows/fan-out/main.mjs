// A coordinator that publishes to twenty workers, all of which run already: node fan-out/main.mjs [DIRECTORY]

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fabric } from 'memfabric';
import { runWorkflow } from 'memfabric/workflow';

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'memfabric-fan-out-'));
const workers = Array.from({ length: 20 }, (_, at) => `worker_${String(at + 1).padStart(2, '0')}`);

// A workflow need not be a file.
const workflow = {
  name: 'fan-out',
  config: { shared_memory: { enabled: true } },
  agents: { coordinator: { inline: { prompt: 'You divide the work.' } }, worker: { inline: { prompt: 'You do your part.' } } },
  steps: [
    { id: 'coordinate', agent: 'coordinator', prompt: 'Divide the work.' },
    ...workers.map((id) => ({ id, agent: 'worker', prompt: `Do the part of ${id}.` })),
    { id: 'collect', agent: 'coordinator', prompt: 'Collect it.', depends_on: ['coordinate', ...workers] },
  ],
  output: { steps: ['collect'] },
};

/** The coordinator and the workers are one level: they run at the same time. */
async function execute({ step, agent, notebook, signal }) {
  if (step.id === 'coordinate') {
    for (const [at, id] of workers.entries()) await notebook.write(agent.name, `task for ${id}: chapter ${at + 1}`);
    return 'published';
  }
  if (step.id === 'collect') {
    const entries = await notebook.entries({ author: 'worker' });
    return `${entries.length} of ${workers.length} chapters are done`;
  }
  for await (const { data } of notebook.watch({ since: 0, signal })) {
    const task = new RegExp(`^task for ${step.id}: (.*)$`).exec(data.entry)?.[1];
    if (task === undefined) continue;
    await notebook.write(agent.name, `${task} is done by ${step.id}`);
    return task;
  }
  throw new Error('nobody had a task for me');
}

const fabric = await Fabric.open(join(directory, 'memory'));
const { status, output, steps } = await runWorkflow(workflow, { fabric, auditDir: join(directory, 'runs'), execute });
await fabric.close();

for (const id of workers) console.log(`${id}: ${steps[id].output}`);
console.log(output);
process.exitCode = status === 'completed' ? 0 : 1;
