/** The suites in a window or a worker of a browser. */

import { Fabric } from 'memfabric';
import type { Open } from '../../conformance/support.ts';
import { suitesOver, type Outcome } from './suites.ts';

/** A name that no other fabric has. */
const fresh = (): string => crypto.randomUUID();

/** The memories that a browser has. */
const opens = {
  memory: (options) => Fabric.memory(options),
  indexeddb: (options) => Fabric.open(`indexeddb:${fresh()}`, options),
  opfs: (options) => Fabric.open(`opfs:${fresh()}`, options),
} satisfies Record<string, Open>;

export type Storage = keyof typeof opens;

const suites: Readonly<Record<Storage, (name: string) => Promise<Outcome>>> = {
  memory: suitesOver(opens.memory),
  indexeddb: suitesOver(opens.indexeddb),
  opfs: suitesOver(opens.opfs),
};

declare global {
  /** For the test outside. */
  var runTest: (storage: Storage, name: string) => Promise<Outcome>;
}

globalThis.runTest = (storage, name) => suites[storage](name);
