import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fabric } from 'memfabric';
import { sharing } from './spec/sharing.ts';
import { conformance } from './suites.ts';

const root = await mkdtemp(join(tmpdir(), 'memfabric-'));
after(() => rm(root, { recursive: true, force: true }));

let opened = 0;
const fresh = (): string => join(root, `${++opened}`);
const run = (name: string, body: () => Promise<void>): void => void test(name, { timeout: 60_000 }, body);

conformance((options) => Fabric.open(fresh(), options), run);
sharing(fresh, (name, body) => run(`sharing: ${name}`, body));
