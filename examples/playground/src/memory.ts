/** The memory of the page. */

import { Fabric, MemoryError } from 'memfabric';

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
  const opened = await shared();
  return { ...opened, took: performance.now() - begun };
}

async function shared(): Promise<Omit<Opened, 'took'>> {
  try {
    return { fabric: await Fabric.open('indexeddb:playground') };
  } catch (error) {
    if (!(error instanceof MemoryError) || (error.code !== 'unsupported' && error.code !== 'unavailable')) throw error;
    return { fabric: await Fabric.memory(), alone: `This tab has a memory of its own, which is gone with it: ${error.message}` };
  }
}
