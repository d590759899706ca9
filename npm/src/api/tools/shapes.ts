/** The tools in the shapes that others take. Nothing of theirs is imported: the shapes are their public formats. */

import { argsOf, type ArgsOf, type ObjectSchema, type Properties } from './schema.js';
import type { MemoryTool, ToolHints } from './tool.js';

/** JSON schema as the strict mode of OpenAI has it: every argument is named, and one that may be left out may be `null`. */
export type StrictSchema = { type: 'object'; properties: Record<string, object>; required: string[]; additionalProperties: false };

/** A tool for OpenAI's chat completions. */
export type ChatTool = { type: 'function'; function: { name: string; description: string; parameters: StrictSchema; strict: true } };

/** A tool for OpenAI's Responses API. */
export type ResponsesTool = { type: 'function'; name: string; description: string; parameters: StrictSchema; strict: true };

/** A tool for Anthropic's messages. */
export type AnthropicTool = { name: string; description: string; input_schema: ObjectSchema };

/** A schema after standardschema.dev, with its JSON schema: the AI SDK takes it, and so do others. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'memfabric';
    readonly types?: { readonly input: T; readonly output: T } | undefined;
    readonly validate: (value: unknown) => { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] };
    readonly jsonSchema: { readonly input: () => Record<string, unknown>; readonly output: () => Record<string, unknown> };
  };
}

/** A tool for the AI SDK, under its name in `tools`. */
export interface AiTool<T> {
  description: string;
  inputSchema: StandardSchema<T>;
  execute: (input: T) => Promise<string>;
}

/** A tool as an MCP server lists it, and what it answers. */
export interface McpTool {
  name: string;
  description: string;
  inputSchema: ObjectSchema;
  annotations: ToolHints;
  handler: (args: unknown) => Promise<McpAnswer>;
}

/** What a tool of an MCP server answers. */
export type McpAnswer = { content: { type: 'text'; text: string }[]; isError?: boolean };

/** For the strict mode of OpenAI. */
export function strict({ properties, required }: ObjectSchema): StrictSchema {
  const nullable = Object.entries(properties).map(([name, property]) => {
    const type = required.includes(name) || property.type === undefined ? property.type : [property.type, 'null'];
    return [name, { ...property, type }] as const;
  });
  return { type: 'object', properties: Object.fromEntries(nullable), required: Object.keys(properties), additionalProperties: false };
}

/** For the AI SDK. */
export function aiTool<P extends Properties, R extends string>(tool: MemoryTool<string, ObjectSchema<P, R>>): AiTool<ArgsOf<P, R>> {
  const { name, description, inputSchema, execute } = tool;
  // A copy each time, since the AI SDK writes into what it gets.
  const json = (): Record<string, unknown> => structuredClone(inputSchema);
  return {
    description,
    inputSchema: {
      '~standard': {
        version: 1,
        vendor: 'memfabric',
        validate(value) {
          try {
            return { value: argsOf(name, inputSchema, value) };
          } catch (error) {
            return { issues: [{ message: error instanceof Error ? error.message : String(error) }] };
          }
        },
        jsonSchema: { input: json, output: json },
      },
    },
    execute,
  };
}
