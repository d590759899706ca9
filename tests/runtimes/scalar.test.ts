import { after, test } from 'node:test';
import { overModule } from '../conformance/bundle.ts';

const { memfabric, conformance } = await overModule('memfabric.wasm');

// Where the module is handed over, nothing is known of processes, and watches do not keep them alive.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

conformance(
  (options) => memfabric.Fabric.memory(options),
  (name, body, skip) => void test(`without vector instructions: ${name}`, { timeout: 60_000, skip }, body),
);
