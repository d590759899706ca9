// A worker thread with the directory open. `write`: writes until it is ended; `watch`: reports the first change.

import { parentPort, workerData } from 'node:worker_threads';
import { Fabric } from 'memfabric';

const { directory, how } = workerData;
const fabric = await Fabric.open(directory);
if (how === 'write') {
  let acknowledged = 0;
  parentPort.on('message', () => parentPort.postMessage(acknowledged));
  for (;;) {
    await fabric.workflow('wf').set(`key:${acknowledged + 1}`, 'x'.repeat(100));
    acknowledged += 1;
    if (acknowledged % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (acknowledged === 200) parentPort.postMessage('writing');
  }
} else {
  const watch = fabric.watch('hello');
  parentPort.postMessage('watching');
  for await (const event of watch) {
    parentPort.postMessage(event.data);
    break;
  }
  await fabric.close();
}
