import { test } from 'node:test';
import { Fabric } from 'memfabric';
import { conformance } from './suites.ts';

conformance(
  (options) => Fabric.memory(options),
  (name, body, skip) => void test(name, { timeout: 60_000, skip }, body),
);
