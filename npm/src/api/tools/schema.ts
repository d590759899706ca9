/** JSON schemas of what a tool takes, and the check of what a model sent against them. */

import { MemoryError } from '../errors.js';
import { show, unknown } from '../options.js';

/** One argument of a tool. */
export type Property = {
  /** What it is; absent: anything that JSON can hold. */
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  /** What it is for, as the model reads it. */
  description: string;
  /** The least number. */
  minimum?: number;
  /** The greatest number. */
  maximum?: number;
  /** The only values. */
  enum?: string[];
  /** What an array holds. */
  items?: { type: 'number' };
};

/** The arguments of a tool, by name. */
export type Properties = Record<string, Property>;

/** The JSON schema of what a tool takes. */
export type ObjectSchema<P extends Properties = Properties, R extends string = string> = {
  type: 'object';
  properties: P;
  required: R[];
  additionalProperties: false;
};

type ValueOf<T extends Property> = T extends { type: infer Name } ? (Name extends keyof Types ? Types[Name] : unknown) : unknown;
interface Types {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
  object: Record<string, unknown>;
  array: number[];
}

/** What a tool is called with, once it was checked. */
export type ArgsOf<P extends Properties, R extends string> = { [K in keyof P & R]: ValueOf<P[K]> } & {
  [K in Exclude<keyof P, R>]?: ValueOf<P[K]> | undefined;
};

/** A schema of arguments, with those that must be there. */
export function schemaOf<const P extends Properties, R extends keyof P & string>(properties: P, required: R[]): ObjectSchema<P, R> {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** What a model sent, be it JSON or already an object, as the arguments of a tool. What is wrong is told so that a model can mend it. */
export function argsOf<P extends Properties, R extends string>(tool: string, schema: ObjectSchema<P, R>, sent: unknown): ArgsOf<P, R> {
  const given = typeof sent === 'string' ? parsed(tool, sent) : (sent ?? {});
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(`${tool} takes an object of arguments, not ${show(given)}`);
  const known = Object.keys(schema.properties);
  const args: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw wrong(`${tool} has no argument ${unknown(name, known)}`);
    const property: Property | undefined = schema.properties[name];
    // Models that must name every argument say `null` for one that they leave out. Where anything fits, it is a value.
    if (value === undefined || property === undefined || (value === null && property.type !== undefined)) continue;
    if (!fits(property, value)) throw wrong(`\`${name}\` of ${tool} is ${inWords(property)}, not ${show(value)}`);
    args[name] = value;
  }
  for (const name of schema.required) {
    if (!Object.hasOwn(args, name)) throw wrong(`${tool} needs \`${name}\`, which is ${inWords(schema.properties[name])}`);
  }
  claim<ArgsOf<P, R>>(args);
  return args;
}

/** What a check says to whoever sent the arguments. */
export function wrong(message: string): MemoryError {
  return new MemoryError('invalid_option', message);
}

function parsed(tool: string, text: string): unknown {
  // Some models send nothing at all where nothing is needed.
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`the arguments of ${tool} are no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fits({ type, minimum, maximum, enum: names }: Property, value: unknown): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'string':
      return typeof value === 'string' && (names === undefined || names.includes(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value) && value.every((item) => Number.isFinite(item));
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        (type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
        value >= (minimum ?? -Infinity) &&
        value <= (maximum ?? Infinity)
      );
  }
}

function inWords(property: Property | undefined): string {
  switch (property?.type) {
    case undefined:
      return 'any JSON value';
    case 'string':
      return property.enum === undefined ? 'a string' : `one of ${property.enum.map((name) => `"${name}"`).join(', ')}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'an array of numbers';
    case 'object':
      return 'an object';
    case 'integer':
    case 'number': {
      const { type, minimum, maximum } = property;
      const what = type === 'integer' ? 'a whole number' : 'a number';
      return maximum === undefined ? (minimum === undefined ? what : `${what}, ${minimum} or more`) : `${what}, ${minimum ?? 0} to ${maximum}`;
    }
  }
}

/** Takes the word of the loop above, which has looked at every name and every value. */
function claim<T>(_value: unknown): asserts _value is T {}
