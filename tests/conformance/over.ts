/** What is bundled to run over another package than `memfabric`. */

export * as memfabric from 'memfabric';
export { conformance } from './suites.ts';
