/** As much of the AI SDK as the recipe in the README uses, with the types that it has there. */

/** JSON Schema with the type of what it describes. */
export interface Schema<T> {
  readonly jsonSchema: object;
  /** Never there: it only carries the type. */
  readonly describes?: (described: T) => void;
}

/** Something that a model may call. */
export interface Tool<I, O> {
  description: string;
  inputSchema: Schema<I>;
  execute: (input: I) => O | PromiseLike<O>;
}

/** What a model wants next: a tool to be called, or to say something. */
export type Turn = { tool: string; input: unknown } | { text: string };

/** A model, given the prompt and what the tools answered so far. */
export type LanguageModel = (prompt: string, results: unknown[]) => Turn;

export function jsonSchema<T>(schema: object): Schema<T>;
export function tool<I, O>(tool: Tool<I, O>): Tool<I, O>;
export function stepCountIs(steps: number): (taken: number) => boolean;
export function generateText(options: {
  model: LanguageModel;
  prompt: string;
  tools: Record<string, Tool<never, unknown>>;
  stopWhen: (taken: number) => boolean;
}): Promise<{ text: string }>;
