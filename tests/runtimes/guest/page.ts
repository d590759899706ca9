/** The suites in a window or a worker of a browser. */

import { Fabric } from 'memfabric';
import { suitesOver, type Outcome } from './suites.ts';

const run = suitesOver((options) => Fabric.memory(options));

declare global {
  /** For the test outside. */
  var runTest: (name: string) => Promise<Outcome>;
}

globalThis.runTest = run;
