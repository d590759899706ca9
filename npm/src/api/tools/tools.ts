/** The tools of a notebook, for a model: as plain objects, and in the shapes that SDKs take. */

import { MemoryError } from '../errors.js';
import { show } from '../options.js';
import { readMemory, writeMemory, type Notes, type ReadMemory, type WriteMemory } from './notebook.js';
import type { ArgsOf, ObjectSchema } from './schema.js';
import { aiTool, strict, type AiTool, type AnthropicTool, type ChatTool, type McpTool, type ResponsesTool } from './shapes.js';
import { answer, type MemoryTool } from './tool.js';

/** Whose tools they are. */
export interface MemoryToolsOptions {
  /** The agent that entries are signed with. A model cannot write in another name: no argument says who writes. */
  agent: string;
}

type InputOf<T> = T extends MemoryTool<string, ObjectSchema<infer P, infer R>> ? ArgsOf<P, R> : never;

/** The tools in each shape. */
export interface MemoryTools {
  /** Reads the notebook. */
  read_memory: ReadMemory;
  /** Adds an entry. */
  write_memory: WriteMemory;
  /** For the chat completions of OpenAI and of everybody who speaks as they do. */
  openai(): ChatTool[];
  /** For the Responses API of OpenAI. */
  responses(): ResponsesTool[];
  /** For the messages of Anthropic. */
  anthropic(): AnthropicTool[];
  /** For the AI SDK: `generateText({ tools: tools.ai() })`, version 6 or newer. */
  ai(): { read_memory: AiTool<InputOf<ReadMemory>>; write_memory: AiTool<InputOf<WriteMemory>> };
  /** For an MCP server: what it lists, with the handler of each. */
  mcp(): McpTool[];
  /**
   * Calls the tool of a name with what a model sent: an object, or the JSON of one. Answers what the model is to read; what went
   * wrong is an answer too, in a sentence that a model can correct itself by.
   *
   * ```ts
   * await tools.run('write_memory', '{ "entry": "the licence is MIT" }'); // noted at revision 7
   * ```
   */
  run(name: string, args?: unknown): Promise<string>;
}

/**
 * Tools with which a model reads and writes a notebook.
 *
 * ```ts
 * const notebook = await memory.notebook();
 * const tools = memoryTools(notebook, { agent: 'researcher' });
 * await tools.run('read_memory');
 * ```
 */
export function memoryTools(notebook: Notes, options: MemoryToolsOptions): MemoryTools {
  const agent: unknown = options?.agent;
  if (typeof agent !== 'string' || agent === '') {
    throw new MemoryError('invalid_option', `memoryTools needs { agent: 'name' }, the name that entries are signed with, not ${show(agent)}`);
  }
  const [read, write] = [readMemory(notebook), writeMemory(notebook, agent)];
  const all: readonly MemoryTool[] = [read, write];
  const functions = (): { name: string; description: string; parameters: ReturnType<typeof strict>; strict: true }[] =>
    all.map(({ name, description, inputSchema }) => ({ name, description, parameters: strict(inputSchema), strict: true }));
  return {
    read_memory: read,
    write_memory: write,
    openai: () => functions().map((one) => ({ type: 'function', function: one })),
    responses: () => functions().map((one) => ({ type: 'function', ...one })),
    anthropic: () => all.map(({ name, description, inputSchema }) => ({ name, description, input_schema: structuredClone(inputSchema) })),
    ai: () => ({ read_memory: aiTool(read), write_memory: aiTool(write) }),
    mcp: () =>
      all.map(({ name, description, inputSchema, annotations }) => ({
        name,
        description,
        inputSchema: structuredClone(inputSchema),
        annotations: { ...annotations },
        async handler(args) {
          const { text, isError } = await answer(all, name, args);
          return { content: [{ type: 'text', text }], ...(isError ? { isError } : {}) };
        },
      })),
    run: async (name, args) => (await answer(all, name, args)).text,
  };
}
