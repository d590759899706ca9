/** Texts in the place of vectors, where the fabric was opened with an embedder. */

import { MemoryError } from './errors.js';
import type { Embed, Embedding } from './types.js';
import { toFiniteFloats, toFloats } from './vector.js';

/** Texts that wait for the end of the tick, so that one call of the embedder takes them all. */
interface Gathering {
  readonly texts: string[];
  readonly vectors: Promise<Float32Array[]>;
}

/** Turns what callers give as vectors into vectors, and keeps their calls in order while texts are being embedded. */
export class Embedder {
  readonly #embed: Embed | undefined;
  #gathering: Gathering | undefined;
  /** Resolves when the last call that was held up has gone through. */
  #tail: Promise<void> | undefined;

  constructor(embed: Embed | undefined) {
    this.#embed = embed;
  }

  /**
   * Runs a call on vectors once they are known: at once, unless there is a text among them or an earlier call still waits
   * for one. So a search sees the texts that were set before it, awaited or not. `name` is what the caller calls the
   * inputs, where there may be many.
   */
  with<T>(
    inputs: readonly (Embedding | string)[],
    run: (vectors: Float32Array[]) => Promise<T>,
    name?: (index: number) => string,
  ): Promise<T> {
    try {
      const floats = (input: unknown, at: number): Float32Array => (name === undefined ? toFloats(input) : toFiniteFloats(input, name(at)));
      // All numbers first: if some are refused, nobody waits for the texts. Holes are refused too, so they are looked at.
      const known = Array.from(inputs, (input, at) => (typeof input === 'string' ? input : floats(input, at)));
      if (this.#tail === undefined && known.every((input) => typeof input !== 'string')) return run(known);
      return this.#later(
        known.map((input) => (typeof input === 'string' ? this.#vector(input) : new Float32Array(input))),
        run,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Runs a call once its vectors are known. They are copies: the caller may change his while it waits. */
  #later<T>(vectors: (Float32Array | Promise<Float32Array>)[], run: (vectors: Float32Array[]) => Promise<T>): Promise<T> {
    const ready = Promise.all(vectors);
    const before = this.#tail;
    let result: Promise<T> | undefined;
    const turn = (async () => {
      const known = await ready.finally(() => before);
      // Wrapped, so that the next in line waits for the call to be made and not for its result.
      result = run(known);
      result.catch(() => {});
    })();
    const tail = turn.catch(() => {}).then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
    return turn.then(() => {
      if (result === undefined) throw new Error('the call was not made');
      return result;
    });
  }

  #vector(text: string): Promise<Float32Array> {
    const embed = this.#embed;
    if (embed === undefined) {
      throw new MemoryError(
        'invalid_vector',
        'a text needs an embedder: open the fabric with { embed: async (texts) => vectors }, or hand over the numbers',
      );
    }
    this.#gathering ??= this.#gather(embed);
    const { texts, vectors } = this.#gathering;
    const at = texts.push(text) - 1;
    return vectors.then((all) => {
      const vector = all[at];
      if (vector === undefined) throw new MemoryError('invalid_vector', `embed returned no vector for text ${at}`);
      return vector;
    });
  }

  #gather(embed: Embed): Gathering {
    const texts: string[] = [];
    const vectors = (async () => {
      await undefined;
      this.#gathering = undefined;
      const answer: unknown = await embed([...texts]);
      if (!Array.isArray(answer) || answer.length !== texts.length) {
        const what = Array.isArray(answer) ? `${answer.length} vectors` : 'no array';
        throw new MemoryError('invalid_vector', `embed returned ${what} for ${texts.length} texts: it returns one for each, in order`);
      }
      // Copied, since an embedder may use its arrays again for the next texts.
      return Array.from(answer, (vector: unknown, at) => new Float32Array(toFiniteFloats(vector, `the vector of text ${at}`)));
    })();
    return { texts, vectors };
  }
}
