/** A passage of the documentation of Rust. */
export interface Passage {
  id: number;
  source: string;
  text: string;
  embedding: Float32Array;
}

/** A query, with the ids of the passages that are nearest to it, best first. */
export interface Query {
  source: string;
  text: string;
  embedding: Float32Array;
  nearest: number[];
}

/** All 2,000 passages. */
export function passages(): Passage[];

/** All 60 queries. */
export function queries(): Query[];
