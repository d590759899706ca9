// What can be done where there is no addon. An argument names a machine that this is to be.

const [, , arch] = process.argv;
if (arch !== undefined) Object.defineProperty(process, 'arch', { value: arch });
const { Fabric, matches, MemoryError } = await import('memfabric');

const found = [];
for (let round = 0; round < 2; round++) {
  const fabric = await Fabric.memory();
  // The watch alone keeps the process alive until the event comes.
  const seen = new Promise((resolve) => fabric.agent('a').watchMemory('k', ({ data }) => resolve(data)));
  await fabric.session('s').set('k', [1, 2]);
  found.push(JSON.stringify(await seen));
  await fabric.close();
}
console.log(matches('a:*', 'a:b'), ...found);
try {
  await Fabric.open('./memory');
} catch (error) {
  if (error instanceof MemoryError) console.log(error.code, error.message);
}
