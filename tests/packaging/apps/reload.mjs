// Evaluates a module ten times in one process, as a development server does after each change of a file.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const module = join(folder, 'app.mjs');
writeFileSync(
  module,
  `import { Fabric } from 'memfabric';
  // One fabric for the process, whatever is loaded again.
  const fabric = (globalThis.fabric ??= await Fabric.open(process.argv[2] + '/memory'));
  const agent = fabric.agent('support');
  agent.skill('count', () => ++globalThis.calls);
  agent.watchMemory('order:*', (event) => agent.call('support.count', event.key), { name: 'orders' });`,
);

globalThis.calls = 0;
for (let evaluation = 0; evaluation < 10; evaluation++) await import(`${module}?evaluation=${evaluation}`);

const { fabric } = globalThis;
const last = Promise.withResolvers?.() ?? {};
last.promise ??= new Promise((resolve) => (last.resolve = resolve));
// A watcher that was opened last is told last.
const seen = fabric.agent('test').watchMemory('order:*', (event) => event.data === 'last' && last.resolve());
await fabric.global.set('order:1', 'first');
await fabric.global.set('order:2', 'last');
await last.promise;
await new Promise((resolve) => setImmediate(resolve));
seen.close();
console.log('calls', globalThis.calls);
await fabric.close();
