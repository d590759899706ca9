// Ends by itself, or not: `node lifetime.mjs none|watch|unref|close|ref`. The timer alone keeps no process alive, so
// its line comes only if something else did.

import { Fabric } from 'memfabric';

const [how, directory] = process.argv.slice(2);
const fabric = directory === undefined ? await Fabric.memory() : await Fabric.open(directory);
await fabric.global.set('a', 1);
if (how !== 'none') {
  const watcher = fabric.agent('watcher').watchMemory('*', () => {});
  if (how === 'unref') watcher.unref();
  if (how === 'ref') watcher.unref().ref();
  if (how === 'close') watcher.close();
  setTimeout(() => {
    console.log('kept alive');
    watcher.close();
  }, 300).unref();
}
console.log('ready');
