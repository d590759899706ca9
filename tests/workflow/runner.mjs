// Runs or resumes the workflow of a directory, one step in a while: node runner.mjs run|resume DIRECTORY. Each step notes and logs itself.

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Fabric } from 'memfabric';
import { resumeWorkflow, runWorkflow } from 'memfabric/workflow';

const [verb, directory] = process.argv.slice(2);
const fabric = await Fabric.open(join(directory, 'memory'));
const execute = async ({ step, tools }) => {
  appendFileSync(join(directory, 'log'), `${step.id}\n`);
  await tools.run('write_memory', { entry: `by ${step.id}` });
  await setTimeout(20 + Math.random() * 40);
  return step.id;
};
const options = { fabric, execute };
const source = JSON.parse(readFileSync(join(directory, 'w.json'), 'utf8'));
if (verb === 'run') await runWorkflow(source, { ...options, runId: 'mine', auditDir: join(directory, 'runs') });
else await resumeWorkflow('mine', options);
await fabric.close();
