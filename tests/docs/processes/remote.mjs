// A process that does what it is told: each line of its input is a call, each line of its output an answer or an event.
//
//   node remote.mjs DIRECTORY

import { createInterface } from 'node:readline';
import { Fabric } from 'memfabric';

const fabric = await Fabric.open(process.argv[2]);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function watch(patterns, options) {
  for await (const event of fabric.watch(patterns, options)) say({ event });
}

async function answer({ id, context, verb, args }) {
  try {
    if (verb === 'watch') {
      void watch(...args);
      say({ id });
    } else {
      say({ id, result: await fabric.memory(context)[verb](...args) });
    }
  } catch (error) {
    say({ id, code: error.code, message: error.message });
  }
}

for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
await fabric.close();
