import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fabric } from 'memfabric';
import { sharing } from './spec/sharing.ts';
import { conformance } from './suites.ts';
import type { Test } from './support.ts';

const root = await mkdtemp(join(tmpdir(), 'memfabric-'));
after(() => rm(root, { recursive: true, force: true }));

let opened = 0;
const fresh = (): string => join(root, `${++opened}`);
const run: Test = (name, body, skip) => void test(name, { timeout: 60_000, skip }, body);

conformance((options) => Fabric.open(fresh(), options), run);
sharing(fresh, (name, body) => run(`sharing: ${name}`, body));
