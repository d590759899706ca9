import { test } from 'node:test';
import { overWasm } from './bundle.ts';

const { memfabric, conformance } = await overWasm();

conformance(
  (options) => memfabric.Fabric.memory(options),
  (name, body, skip) => void test(name, { timeout: 60_000, skip }, body),
);
