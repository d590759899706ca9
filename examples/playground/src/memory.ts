/** The memory of the page. */

import { Fabric } from 'memfabric';

/** A memory, and how it came to be open. */
export interface Opened {
  fabric: Fabric;
  /** Why it is the memory of this document alone, where it is. */
  alone?: string;
  /** How long it took, in milliseconds. */
  took: number;
}

/** Opens the memory that all tabs share; where the browser keeps nothing, one of this tab alone. */
export async function open(): Promise<Opened> {
  const begun = performance.now();
  const fabric = await Fabric.memory();
  return { fabric, took: performance.now() - begun };
}
