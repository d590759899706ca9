/** `memfabric run` */

import { InvalidArgumentError, Option, type Command } from 'commander';

import { Fabric } from '../index.js';
import { planWorkflow, runWorkflow } from '../workflow/index.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { print, write } from './output.js';
import { plannedJson, plannedText } from './planned.js';
import { attend, codeOf, EXIT_NOTE, guarded, needsExec, tellResult, type RunCommon } from './running.js';

export function run(command: Command): void {
  command
    .argument('<file>', 'the workflow file')
    .option('--inputs <name=value...>', 'values of its inputs')
    .option('--exec <command>', 'a shell command that does each step: the prompt on its stdin, the output on its stdout')
    .option('--dry-run', 'print the levels and the prompts, and run nothing')
    .option('--strict', 'what is odd in the file is an error')
    .option('--audit-dir <dir>', 'where audit directories are made, in the place of config.audit_dir')
    .option('--run-id <id>', 'the id of the run')
    .option('--interactive', 'interactive steps are answered by what is piped in, if there is no terminal')
    .addOption(new Option('--output <format>', 'what is printed').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `${EXIT_NOTE}\n${examples(
        "memfabric run review.yaml --exec 'claude -p --mcp-config \"$MEMFABRIC_MCP_CONFIG\"'",
        "memfabric run review.yaml --inputs files='src/*.ts' depth=2 --exec ./agent.sh --output json",
        'memfabric run review.yaml --dry-run',
      )}`,
    )
    .action((file: string) => start(file, command.optsWithGlobals<Options>()));
}

interface Options extends Common, RunCommon {
  inputs?: string[];
  dryRun?: boolean;
  strict?: boolean;
  auditDir?: string;
  runId?: string;
}

async function start(file: string, options: Options): Promise<void> {
  const { memory, strict, auditDir, runId, dryRun = false } = options;
  const inputs = inputsIn(options.inputs ?? []);
  if (dryRun) return guarded(options, () => dry(file, { inputs, strict }, options));
  const exec = needsExec(options.exec, `memfabric run ${file}`);
  await guarded(options, async () => {
    // Before a memory is made for a file that is not there.
    await planWorkflow(file, { inputs, strict });
    const fabric = await Fabric.open(memory);
    try {
      const result = await attend({ ...options, exec }, (settings) => runWorkflow(file, { fabric, inputs, strict, auditDir, runId, ...settings }));
      await tellResult(options, result);
      return codeOf(result);
    } finally {
      await fabric.close();
    }
  });
}

async function dry(file: string, plan: { inputs: Record<string, string>; strict: boolean | undefined }, options: Options): Promise<number> {
  const planned = await planWorkflow(file, plan);
  if (options.output === 'json' || options.json === true) await print(JSON.stringify(plannedJson(planned)));
  else await write(plannedText(planned));
  return 0;
}

function inputsIn(pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new InvalidArgumentError(`--inputs takes name=value, not '${pair}'. The file stands before --inputs.`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}
