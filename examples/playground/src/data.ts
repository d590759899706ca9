/** The passages, the queries and the right answers, from the files of the demo. */

import passagesUrl from '../../../demo/data/passages-2k.jsonl?url';
import passageVectorsUrl from '../../../demo/data/passages-2k.f32?url';
import queriesUrl from '../../../demo/data/passages-2k.queries.jsonl?url';
import queryVectorsUrl from '../../../demo/data/passages-2k.queries.f32?url';
import truthUrl from '../../../demo/data/passages-2k.truth.i32?url';

/** How many numbers a vector has. */
export const DIMENSIONS = 384;
/** How many of the nearest passages are known for each query. */
const TRUTH = 100;

/** A passage of the documentation. */
export interface Passage {
  id: number;
  source: string;
  text: string;
  embedding: Float32Array;
}

/** A prepared query, with the ids of the passages that are nearest to it, best first. */
export interface Query {
  source: string;
  text: string;
  embedding: Float32Array;
  nearest: Int32Array;
}

/** All 2,000 passages. */
export async function loadPassages(): Promise<Passage[]> {
  const [rows, buffer] = await Promise.all([lines<Omit<Passage, 'embedding'>>(passagesUrl), numbers(passageVectorsUrl)]);
  return rows.map((row, at) => ({ ...row, embedding: vector(buffer, at) }));
}

/** All 60 queries. */
export async function loadQueries(): Promise<Query[]> {
  const [rows, buffer, truth] = await Promise.all([
    lines<Pick<Query, 'source' | 'text'>>(queriesUrl),
    numbers(queryVectorsUrl),
    numbers(truthUrl),
  ]);
  return rows.map((row, at) => ({ ...row, embedding: vector(buffer, at), nearest: new Int32Array(truth, 4 * at * TRUTH, TRUTH) }));
}

const vector = (buffer: ArrayBuffer, row: number): Float32Array => new Float32Array(buffer, 4 * row * DIMENSIONS, DIMENSIONS);

async function lines<T>(address: string): Promise<T[]> {
  const text = await (await get(address)).text();
  return text.trimEnd().split('\n').map((line): T => JSON.parse(line));
}

async function numbers(address: string): Promise<ArrayBuffer> {
  return (await get(address)).arrayBuffer();
}

async function get(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} could not be loaded: ${response.status} ${response.statusText}`);
  return response;
}
