/** The suites in a runtime that is asked by requests: the path names the test. */

import { Fabric } from 'memfabric';
import { suitesOver } from './suites.ts';

const run = suitesOver((options) => Fabric.memory(options));

/** Runs the test that the path of the URL names. */
export async function answer({ url }: { url: string }): Promise<Response> {
  const { pathname } = new URL(url);
  return Response.json(await run(decodeURIComponent(pathname.slice(1))));
}
