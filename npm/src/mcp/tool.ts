/** A tool of the server: what a client lists, and what a call of it answers. */

import type { CallToolResult } from '@modelcontextprotocol/server';

import { argsOf, wrong, type ArgsOf, type ObjectSchema, type Properties } from '../api/tools/schema.js';
import { failure, type MemoryTool, type ToolHints } from '../api/tools/tool.js';
import { unknown } from '../api/options.js';

/** A tool. */
export interface ServerTool {
  name: string;
  description: string;
  inputSchema: ObjectSchema;
  annotations: ToolHints;
  /** Answers as a document, or as a text. */
  run(args: unknown): Promise<string | Document>;
}

/** What a tool answers to a program as it is, and to a model as its JSON. */
export type Document = Record<string, unknown>;

/** What a tool is made of. */
interface Making<P extends Properties, R extends string> {
  name: string;
  description: string;
  inputSchema: ObjectSchema<P, R>;
  annotations: ToolHints;
  run(args: ArgsOf<P, R>): Promise<Document>;
}

/** A tool whose `run` is given arguments that were checked. */
export function documentTool<P extends Properties, R extends string>({ run, ...rest }: Making<P, R>): ServerTool {
  return { ...rest, run: async (args) => run(argsOf(rest.name, rest.inputSchema, args)) };
}

/** A tool that answers a text. */
export function textTool({ execute, ...rest }: MemoryTool): ServerTool {
  return { ...rest, run: execute };
}

/** Calls a tool by its name. What goes wrong is a result too, with the code of the error, for the model to read. */
export async function call(tools: readonly ServerTool[], name: string, args: unknown): Promise<CallToolResult> {
  try {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool === undefined) throw wrong(`no tool is called ${unknown(name, tools.map((one) => one.name))}`);
    const said = await tool.run(args);
    return typeof said === 'string'
      ? { content: [{ type: 'text', text: said }] }
      : { content: [{ type: 'text', text: JSON.stringify(said) }], structuredContent: said };
  } catch (error) {
    return { content: [{ type: 'text', text: failure(error) }], isError: true };
  }
}
