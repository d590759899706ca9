/** `memfabric notebook` */

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';

import { MemoryError, type NotebookEntry, type Notebook } from '../index.js';
import { paint } from './colour.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { count, textOf, whole } from './input.js';
import { reading, writing, type Opened } from './open.js';
import { answer, harmless, print, write } from './output.js';
import { stopped } from './stop.js';

export function notebook(command: Command): void {
  command.helpCommand(false).option('--dir <dir>', 'a directory that is there, in which memory.md shows the notebook to people').addHelpText(
    'after',
    examples(
      "memfabric notebook write 'the cache is never invalidated' --workflow wf-1 --agent scout",
      'memfabric notebook read --workflow wf-1',
      'memfabric notebook watch --workflow wf-1 --json',
    ),
  );
  command
    .command('write')
    .description('write an entry')
    .argument('<text>', 'the entry; - reads what is piped in')
    .option('--retry-key <key>', 'written once, however often it is tried with this key')
    .addHelpText('after', `\nIt is signed with --agent, else \`human\`.\n${examples("memfabric notebook write 'two callers rely on the order' --agent reviewer", 'git diff --stat | memfabric notebook write -')}`)
    .action((text: string, _options, own: Command) => writeEntry(text, own.optsWithGlobals<Options>()));
  command
    .command('read')
    .description('print it as one text')
    .option('--since <revision>', 'only what came after this revision', whole)
    .addHelpText('after', examples('memfabric notebook read', 'memfabric notebook read --since 120 --json'))
    .action((_options, own: Command) => read(own.optsWithGlobals<Options>()));
  command
    .command('entries')
    .description('print its entries, the oldest first')
    .option('--since <revision>', 'only those after this revision', whole)
    .option('--author <name>', 'only those of this author')
    .option('--limit <n>', 'only the newest so many', count)
    .addHelpText('after', examples('memfabric notebook entries --limit 10', 'memfabric notebook entries --author scout --json'))
    .action((_options, own: Command) => entries(own.optsWithGlobals<Options>()));
  command
    .command('watch')
    .description('print entries as they are written')
    .option('--since <revision>', 'those after this revision first; 0: all', whole)
    .option('--limit <n>', 'end after so many', count)
    .addHelpText('after', examples('memfabric notebook watch --workflow wf-1', 'memfabric notebook watch --since 0 --limit 1'))
    .action((_options, own: Command) => watch(own.optsWithGlobals<Options>()));
  command
    .command('path')
    .description('print where its file is: memory.md in --dir')
    .addHelpText('after', examples('memfabric notebook path --dir .', '$EDITOR "$(memfabric notebook path --dir .)"'))
    .action((_options, own: Command) => path(own.optsWithGlobals<Options>()));
}

interface Options extends Common {
  dir?: string;
  retryKey?: string;
  since?: number;
  author?: string;
  limit?: number;
}

/** Works on the notebook of a memory. */
function on({ dir }: Options, work: (notebook: Notebook) => Promise<void>): (opened: Opened) => Promise<void> {
  return async ({ memory, at }) => {
    const opened = await memory.notebook({ ...at, dir });
    try {
      await work(opened);
    } finally {
      await opened.close();
    }
  };
}

async function writeEntry(argument: string, options: Options): Promise<void> {
  const text = await textOf(argument);
  const { agent = 'human', retryKey = ofStep(text) } = options;
  const work = on(options, async (notebook) => {
    const written = await notebook.write(agent, text, { retryKey });
    await answer(options, written, `noted at revision ${written.revision}`);
  });
  await writing(options, work);
}

/** A step of a workflow that is tried again, or resumed, does not note the same text again. */
function ofStep(text: string): string | undefined {
  const { MEMFABRIC_STEP: step } = process.env;
  if (step === undefined || step === '') return undefined;
  return `step ${createHash('sha256').update(`${step}\0${text}`).digest('hex').slice(0, 40)}`;
}

function read(options: Options): Promise<void> {
  const work = on(options, async (notebook) => {
    const snapshot = await notebook.snapshot({ since: options.since });
    if (options.json === true) await print(JSON.stringify(snapshot));
    else await write(process.stdout.isTTY ? harmless(snapshot.text, { lines: true }) : snapshot.text);
  });
  return reading(options, work);
}

function entries(options: Options): Promise<void> {
  const { since, author, limit } = options;
  const work = on(options, async (notebook) => {
    for (const entry of await notebook.entries({ since, author, limit })) await print(options.json === true ? JSON.stringify(entry) : inWords(entry));
  });
  return reading(options, work);
}

function watch(options: Options): Promise<void> {
  const { since } = options;
  const signal = stopped();
  const work = on(options, async (notebook) => {
    let left = options.limit ?? Infinity;
    for await (const event of notebook.watch({ since, signal })) {
      const { revision, timestamp, data } = event;
      await print(options.json === true ? JSON.stringify(event) : inWords({ revision, timestamp, author: data.agent ?? '', entry: data.entry }));
      if (--left === 0) break;
    }
  });
  return reading(options, work);
}

function path(options: Options): Promise<void> {
  if (options.dir === undefined) throw new InvalidArgumentError('A notebook has a file where --dir says.');
  const work = on(options, async ({ filePath }) => {
    if (filePath === undefined) throw new MemoryError('not_found', 'the notebook has no file');
    const place = resolve(filePath);
    await answer(options, { path: place }, place);
  });
  return reading(options, work);
}

/** An entry in one line: revision, time, author, text. */
function inWords({ revision, timestamp, author, entry }: Pick<NotebookEntry, 'revision' | 'timestamp' | 'author' | 'entry'>): string {
  return [String(revision), paint('dim', new Date(timestamp).toISOString()), paint('bold', harmless(author)), harmless(entry)].join('\t');
}
