/** `memfabric search` */

import { InvalidArgumentError, type Command } from 'commander';

import { MemoryError, type Embedding, type Filter, type Hit, type Memory, type VectorOptions } from '../index.js';
import { paint } from './colour.js';
import type { Common } from './common.js';
import { embedWith } from './embedder.js';
import { examples } from './help.js';
import { count, json, number, textOf } from './input.js';
import { reading } from './open.js';
import { harmless, inLine, print } from './output.js';

export function search(command: Command): void {
  command
    .argument('[query]', 'a vector as a JSON array; with --embed-exec a text; - reads what is piped in')
    .option('--key <key>', 'search with the vector that is stored under this key')
    .option('--embed-exec <command>', 'a shell command that turns a JSON array of texts on its stdin into a JSON array of vectors')
    .option('--top-k <n>', 'at most so many: 10 by default', count)
    .option('--filter <json>', 'what the metadata must satisfy', filter)
    .option('--threshold <score>', 'the lowest score wanted', number)
    .option('--space <name>', 'the space of the vectors')
    .option('--exact', 'compare with every vector')
    .option('--values', 'with the values under the same keys')
    .addHelpText(
      'after',
      examples(
        `memfabric search '[0.1, 0.9]' --top-k 5 --filter '{"lang":"en"}'`,
        'memfabric search - < query.json',
        'memfabric search --key note:1 --actor ada',
        "memfabric search 'what does Ada drink?' --embed-exec './embed.py'",
      ),
    )
    .action((query: string | undefined) => run(query, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  key?: string;
  embedExec?: string;
  topK?: number;
  filter?: Filter;
  threshold?: number;
  space?: string;
  exact?: boolean;
  values?: boolean;
}

async function run(argument: string | undefined, options: Options): Promise<void> {
  const { key, embedExec, topK, filter, threshold, space, exact, values } = options;
  const given = key === undefined ? await queryOf(argument, embedExec !== undefined) : undefined;
  if (key !== undefined && argument !== undefined) throw new InvalidArgumentError('A search has a query or --key, not both.');
  const embed = embedExec === undefined ? undefined : embedWith(embedExec);
  const work = async (memory: Memory, where: VectorOptions): Promise<void> => {
    const query = key === undefined ? given : await stored(memory, key, where);
    if (query === undefined) return;
    const hits = await memory.searchVector(query, { ...where, topK, filter, threshold, exact, includeValues: values });
    for (const hit of hits) await print(options.json === true ? JSON.stringify(hit) : inWords(hit));
  };
  await reading(options, ({ memory, at }) => work(memory, { ...at, space }), { embed });
}

/** The text, or the numbers. */
async function queryOf(argument: string | undefined, isText: boolean): Promise<Embedding | string> {
  if (argument === undefined && process.stdin.isTTY) throw new InvalidArgumentError('A search needs a query, or --key.');
  const text = await textOf(argument ?? '-');
  return isText ? text : numbers(json(text, 'The query, which is a vector without --embed-exec,'));
}

function numbers(query: unknown): Embedding {
  if (Array.isArray(query) && query.every((each) => typeof each === 'number')) return query;
  throw new InvalidArgumentError('The query is no array of numbers, which a vector is. A text needs --embed-exec.');
}

async function stored(memory: Memory, key: string, where: VectorOptions): Promise<Embedding> {
  const vector = await memory.getVector(key, where);
  if (vector === undefined) throw new MemoryError('not_found', `there is no vector ${JSON.stringify(key)}`);
  return vector.embedding;
}

function filter(text: string): Filter {
  const parsed = json(text, 'It');
  if (isFilter(parsed)) return parsed;
  throw new InvalidArgumentError('It is a JSON object.');
}

/** What else a filter must be is the core's business. */
const isFilter = (value: unknown): value is Filter => typeof value === 'object' && value !== null && !Array.isArray(value);

function inWords({ score, key, metadata, value }: Hit): string {
  const parts = [score.toFixed(3), paint('bold', harmless(key)), inLine(metadata)];
  if (value !== undefined) parts.push(inLine(value));
  return parts.join('\t');
}
