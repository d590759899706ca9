// A process that writes into the notebook of a directory: node writer.mjs DIRECTORY NAME COUNT. It says what was acknowledged.

import { writeSync } from 'node:fs';
import { Notebook } from 'memfabric';

const [directory, name, count] = process.argv.slice(2);
const notebook = await Notebook.open(directory, '# Seed');
writeSync(1, 'ready\n');
for (let at = 0; at < Number(count); at++) {
  await notebook.write(name, `entry ${at}\nin two lines`);
  writeSync(1, `${at}\n`);
}
await notebook.close();
