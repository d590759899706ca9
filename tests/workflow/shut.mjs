// Runs a workflow with its audit directory in a place that may not be written: node shut.mjs DIRECTORY

import { Fabric } from 'memfabric';
import { runWorkflow } from 'memfabric/workflow';

const workflow = { name: 'x', agents: { a: { inline: { prompt: 'p' } } }, steps: [{ id: 's', agent: 'a', prompt: 'p' }] };
const fabric = await Fabric.memory();
try {
  await runWorkflow(workflow, { fabric, auditDir: process.argv[2], execute: () => console.log('ran') });
} catch (error) {
  console.log(error.code, error.message);
}
await fabric.close();
