// Evaluates memfabric itself ten times in one process, as tools do that throw their module cache away.

import { createRequire } from 'node:module';

const [directory] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const copies = [];
for (let copy = 0; copy < 10; copy++) {
  for (const path of Object.keys(require.cache)) if (path.endsWith('.js')) delete require.cache[path];
  copies.push(require('memfabric'));
}
console.log('copies', new Set(copies.map(({ Fabric }) => Fabric)).size);

const fabrics = [];
for (const { Fabric } of copies) fabrics.push(await Fabric.open(directory));
await fabrics[0].global.set('a', 'seen by all');
const values = await Promise.all(fabrics.map((fabric) => fabric.global.get('a')));
console.log('values', new Set(values).size, values[9]);

const error = await fabrics[3].global.set('', 1).catch((thrown) => thrown);
console.log('recognised', copies.every(({ MemoryError }) => error instanceof MemoryError));

for (const fabric of fabrics) fabric.watch('*');
for (const fabric of fabrics.slice(1)) await fabric.close();
console.log('still open', await fabrics[0].global.get('a'));
await fabrics[0].close();
