/** The passages in the memory, which one tab puts there for all. */

import { MemoryError, type Fabric, type Memory } from 'memfabric';
import { loadPassages } from './data.ts';
import { examples } from './examples.ts';

/** What is known about a passage. */
export interface About {
  source: string;
  text: string;
  book: string;
  [field: string]: unknown;
}

/** What the memory says of the passages, once all of them are there. */
export interface Library {
  passages: number;
  /** How many of them each part of the documentation has. */
  books: Record<string, number>;
}

/** Says that all of it is there. */
const LIBRARY = 'library';
/** Held by the tab that is writing it. Runs out by itself if that tab is closed. */
const CLAIM = 'library:claim';
const CLAIM_TTL = 10_000;
/** How many vectors go into one step. Between two of them the page can paint. */
const CHUNK = 250;

/** Sees to it that the passages are in the memory. */
export async function ensureLibrary(fabric: Fabric, tab: string, progress: (done: number, all: number) => void): Promise<Library> {
  const { memory } = fabric.agent(tab);
  const news = fabric.watch([LIBRARY, CLAIM], { scope: 'global' });
  try {
    for (;;) {
      const there = await memory.get<Library>(LIBRARY);
      if (there !== undefined) return there;
      if (await claim(memory, tab)) return await write(memory, progress);
      // Another tab is at it: look again when it is done, or when its claim has run out.
      await news[Symbol.asyncIterator]().next();
    }
  } finally {
    news.close();
  }
}

/** The part of the documentation that a file belongs to. */
export const bookOf = (source: string): string => source.split('/')[0] ?? source;

async function claim(memory: Memory, tab: string): Promise<boolean> {
  try {
    await memory.set(CLAIM, tab, { ifAbsent: true, ttl: CLAIM_TTL });
    return true;
  } catch (error) {
    if (error instanceof MemoryError && error.code === 'conflict') return false;
    throw error;
  }
}

async function write(memory: Memory, progress: (done: number, all: number) => void): Promise<Library> {
  const passages = await loadPassages();
  const library: Library = { passages: passages.length, books: {} };
  for (let at = 0; at < passages.length; at += CHUNK) {
    const items = passages.slice(at, at + CHUNK).map(({ id, source, text, embedding }) => {
      const about: About = { source, text, book: bookOf(source) };
      library.books[about.book] = (library.books[about.book] ?? 0) + 1;
      return { key: `passage:${id}`, embedding, metadata: about };
    });
    await memory.setVectors(items);
    progress(at + items.length, passages.length);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await memory.batch([...examples(), { type: 'set', key: LIBRARY, value: library }, { type: 'delete', key: CLAIM }]);
  return library;
}
