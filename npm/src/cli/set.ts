/** `memfabric set` */

import type { Command } from 'commander';

import type { Common } from './common.js';
import { examples } from './help.js';
import { duration, textOf, valueOf, whole } from './input.js';
import { writing } from './open.js';
import { answer } from './output.js';

export function set(command: Command): void {
  command
    .argument('<key>', 'the key')
    .argument('<value>', 'JSON if it parses as JSON, else a text; - reads what is piped in')
    .option('--string', 'the value is a text, whatever it looks like')
    .option('--ttl <time>', 'how long it lives: 500ms, 30s, 15m, 12h, 7d, or milliseconds', duration)
    .option('--if-revision <n>', 'set it only if this revision stands', whole)
    .option('--if-absent', 'set it only if nothing stands')
    .addHelpText(
      'after',
      examples(
        `memfabric set ticket:T-123.sentiment '{"mood":"angry","urgency":"high"}' --workflow wf-123`,
        'memfabric set zip 01234 --string',
        'memfabric set lock mine --if-absent --ttl 30s',
        'memfabric set report - < report.json',
        'memfabric set word -- --json',
      ),
    )
    .action((key: string, value: string) => run(key, value, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  string?: boolean;
  ttl?: number;
  ifRevision?: number;
  ifAbsent?: boolean;
}

async function run(key: string, argument: string, options: Options): Promise<void> {
  const text = await textOf(argument);
  const value = options.string === true ? text : valueOf(text);
  const { ttl, ifRevision, ifAbsent } = options;
  await writing(options, async ({ memory, at }) => {
    const written = await memory.set(key, value, { ...at, ttl, ifRevision, ifAbsent });
    await answer(options, written, `revision ${written.revision}`);
  });
}
