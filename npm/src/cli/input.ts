/** What comes in: numbers and JSON in arguments, and what is piped in. */

import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A whole number, 0 or more. */
export function whole(text: string): number {
  if (isWhole(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number, 0 or more.');
}

/** A whole number, 1 or more. */
export function count(text: string): number {
  if (isWhole(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It is a whole number, 1 or more.');
}

const isWhole = (text: string): boolean => /^\d+$/.test(text) && Number.isSafeInteger(Number(text));

/** A finite number. */
export function number(text: string): number {
  const parsed = Number(text);
  if (text.trim() !== '' && Number.isFinite(parsed)) return parsed;
  throw new InvalidArgumentError('It is a finite number.');
}

/** A time as milliseconds: `30s`, `15m`, or a number of milliseconds. */
export function duration(text: string): number {
  const [, digits = '', unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  const millis = Math.round(Number(digits) * (UNITS[unit] ?? 1));
  if (digits !== '' && millis > 0 && Number.isSafeInteger(millis)) return millis;
  throw new InvalidArgumentError('It is a time such as 500ms, 30s, 15m, 12h or 7d, or a number of milliseconds.');
}

/** JSON that an argument must hold. */
export function json(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A value: JSON if it parses as JSON, else the text itself. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** An argument; for `-` what is piped in, without the line break at its end. */
export async function textOf(argument: string): Promise<string> {
  return argument === '-' ? (await piped()).replace(/\r?\n$/, '') : argument;
}

async function piped(): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new InvalidArgumentError('What was piped in is not UTF-8 text.');
  }
}
