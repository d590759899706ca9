// A workflow file, run by the command, and its notebook while it fills. The agents are the scripts of examples/workflows/code-review.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fabric } from 'memfabric';
import * as print from './lib/print.mjs';

const example = fileURLToPath(new URL('../examples/workflows/code-review', import.meta.url));
const program = fileURLToPath(new URL('../npm/bin/memfabric.mjs', import.meta.url));
const RUN = 'run-demo';
const begun = Date.now();

/** Shows it, in a fresh directory that is removed at the end. Answers whether all of it held. */
export async function workflow() {
  const directory = mkdtempSync(join(tmpdir(), 'memfabric-demo-'));
  let child;
  const end = () => {
    child?.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('SIGINT', () => {
    end();
    process.exit(130);
  });
  try {
    print.step('A workflow file: three reviewers at the same time, then an editor');
    print.detail(join(example, 'review.yaml'));
    const fabric = await Fabric.open(join(directory, 'memory'));
    const watching = new Watching(fabric);
    child = start(directory);
    print.line('', `process ${child.pid} runs it: memfabric run review.yaml --exec 'sh agent.sh'`);
    print.line('', 'this process opens the same directory and watches the steps, and the notebook as it fills:\n');
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`memfabric run ended with ${code}: ${out}`);
    await watching.end();
    await show(fabric, watching, JSON.parse(out));
    await fabric.close();
  } catch (error) {
    print.check(false, error.message);
  } finally {
    end();
  }
  return print.summary((Date.now() - begun) / 1000);
}

/** What another process sees of the run. */
class Watching {
  /** Changes of steps and notes, in the order in which they were made. */
  seen = [];
  #watch;
  #told;

  constructor(fabric) {
    this.#watch = fabric.workflow(RUN).watch(['steps:*', 'memory.md'], { from: 0 });
    this.#told = this.#tell();
  }

  async end() {
    // What was made is told; whoever prints it needs a moment.
    await new Promise((resolve) => setTimeout(resolve, 300));
    this.#watch.close();
    await this.#told;
  }

  async #tell() {
    for await (const { action, key, data, timestamp } of this.#watch) {
      if (action === 'note' && data.agent !== null) {
        this.seen.push({ note: data.agent });
        print.line('', `${time(timestamp)}  ${print.strong(`[${data.agent}]`)} ${data.entry}`);
      } else if (action === 'set') {
        const step = key.slice('steps:'.length);
        this.seen.push({ step, status: data.status });
        print.detail(`${time(timestamp)}  ${step}: ${data.status}`);
      }
    }
  }

  /** Where something stands in that order. */
  at(fits) {
    return this.seen.findIndex(fits);
  }
}

async function show(fabric, watching, { status, output, audit_dir: auditDir }) {
  print.step('What came of it');
  for (const line of output.trim().split('\n')) print.line('', line);
  const notebook = await (await fabric.workflow(RUN).notebook()).read();
  const note = watching.at(({ note: author }) => author === 'security');
  const heard = watching.at(({ note: author }) => author === 'performance');
  const over = watching.at(({ step, status: how }) => step === 'security' && how === 'completed');
  const begunBoth = ['security', 'performance'].every((id) => watching.at(({ step, status: how }) => step === id && how === 'running') !== -1);
  print.check(status === 'completed', 'the workflow completed', `the workflow ended as ${status}`);
  print.check(begunBoth && note !== -1 && note < heard && heard < over, 'what security noted reached performance while both were at work');
  print.check(output.includes('[security]') && output.includes('[tests]'), 'the editor had the whole notebook before its prompt');
  print.check(readFileSync(join(auditDir, 'memory.md'), 'utf8') === notebook, 'memory.md in the audit directory shows the notebook, word for word');
}

/** Starts the command, which agents find on their path, too. */
function start(directory) {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'memfabric'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, 'memfabric'), 0o755);
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MEMFABRIC_'));
  const env = { ...Object.fromEntries(kept), PATH: `${bin}${delimiter}${process.env.PATH}` };
  const args = ['run', 'review.yaml', '--exec', 'sh agent.sh', '--run-id', RUN, '--memory', join(directory, 'memory'), '--audit-dir', join(directory, 'runs'), '--output', 'json'];
  return spawn(process.execPath, [program, ...args], { cwd: example, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

const time = (timestamp) => `${((timestamp - begun) / 1000).toFixed(1)} s`.padStart(7);
