import { test } from 'node:test';
import { Fabric } from 'memfabric/wasm';
import { suitesOver } from './bundle.ts';

const { conformance } = await suitesOver('memfabric/wasm');

conformance(
  (options) => Fabric.memory(options),
  (name, body, skip) => void test(name, { timeout: 60_000, skip }, body),
);
