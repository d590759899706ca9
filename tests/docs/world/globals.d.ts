/** What the examples of the documentation take for granted. */

import type { LanguageModel } from 'ai';

declare global {
  /** A vector that some model made. */
  const embedding: number[];
  /** Another one of its vectors. */
  const queryEmbedding: number[];
  /** What a call is given. */
  const input: { text: string };
  /** Somebody's model. */
  const model: {
    embed(texts: string[]): Promise<number[][]>;
    complete(prompt: string): Promise<string>;
  };
  /** A model for the AI SDK. */
  const languageModel: LanguageModel;
}
