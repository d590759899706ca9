/** A tool that a model may call, and how what it sent becomes a call. */

import { MemoryError } from '../errors.js';
import { show, unknown } from '../options.js';
import { argsOf, wrong, type ArgsOf, type ObjectSchema, type Properties } from './schema.js';

/** What a tool does to the world, in the words of MCP. */
export type ToolHints = {
  /** It changes nothing. */
  readOnlyHint: boolean;
  /** It may take away what was there. */
  destructiveHint: boolean;
  /** Doing it twice is as doing it once. */
  idempotentHint: boolean;
  /** It reaches out of what it is given. */
  openWorldHint: boolean;
};

/** A tool as a plain object. */
export interface MemoryTool<Name extends string = string, Schema extends ObjectSchema = ObjectSchema> {
  /** What the model calls. */
  name: Name;
  /** What it does and when to use it, as the model reads it. */
  description: string;
  /** The JSON schema of its arguments. */
  inputSchema: Schema;
  /** What it does to the world. */
  annotations: ToolHints;
  /**
   * Checks the arguments and does it. Answers what the model is to read.
   *
   * @throws MemoryError `invalid_option` with a sentence that a model can correct itself by; whatever the memory fails with.
   */
  execute(args: unknown): Promise<string>;
}

/** What a tool is made of. */
interface Making<Name extends string, P extends Properties, R extends string> {
  name: Name;
  description: string;
  inputSchema: ObjectSchema<P, R>;
  annotations: ToolHints;
  run(args: ArgsOf<P, R>): Promise<string>;
}

/** A tool whose `run` is given arguments that were checked. */
export function toolOf<Name extends string, P extends Properties, R extends string>({
  run,
  ...rest
}: Making<Name, P, R>): MemoryTool<Name, ObjectSchema<P, R>> {
  return { ...rest, execute: async (args) => run(argsOf(rest.name, rest.inputSchema, args)) };
}

/** What a call came to, as the model is to read it. */
export interface ToolAnswer {
  /** The text. */
  text: string;
  /** Whether the text says what went wrong. */
  isError: boolean;
}

/** Calls one of the tools by its name. What goes wrong is an answer too: the model that called is who can do something about it. */
export async function answer(tools: readonly MemoryTool[], name: unknown, args: unknown): Promise<ToolAnswer> {
  try {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool === undefined) throw wrong(`no tool is called ${typeof name === 'string' ? unknown(name, tools.map((one) => one.name)) : show(name)}`);
    return { text: await tool.execute(args), isError: false };
  } catch (error) {
    return { text: failure(error), isError: true };
  }
}

/** What went wrong, in one line for a model, without a stack. */
export function failure(error: unknown): string {
  if (error instanceof MemoryError) return `error (${error.code}): ${error.message}`;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}
