/** `memfabric run`, in processes of its own, with small scripts as agents. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { clean, documents, fields, Place, program } from '../cli/support.ts';
import { until } from './world.ts';

const memfabric = `"${process.execPath}" "${program}"`;

/** Why what needs a terminal cannot be tested here, or `false`. */
const noTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status !== 0 && 'there is no `script` here that gives one';

/** A place with a workflow in it. */
class Desk extends Place {
  /** Writes the workflow: `steps` as they stand in the file, below what every test has. */
  workflow(steps: string, config = '{}'): void {
    const agents = 'agents:\n  a: { inline: { prompt: "You are a." } }\n  code reviewer: { inline: { prompt: "You review." } }\n';
    writeFileSync(join(this.folder, 'w.yaml'), `name: demo\ninputs: { what: {}, long: {} }\nconfig: ${config}\n${agents}steps:\n${steps}`);
  }

  /** The document of a run. */
  async document(exec: string, ...args: string[]): Promise<{ code: number | null; document: Record<string, unknown>; err: string }> {
    const { code, out, err } = await this.run(['run', 'w.yaml', '--exec', exec, '--output', 'json', ...args]);
    assert.notEqual(out, '', err);
    return { code, document: fields(JSON.parse(out)), err };
  }

  /** What one step of a document came to. */
  step(document: Record<string, unknown>, id: string): Record<string, unknown> {
    return fields(fields(document['steps'])[id]);
  }
}

const MEMORY = '{ shared_memory: { enabled: true } }';

describe('memfabric run', { concurrency: 2, timeout: 120_000, skip: process.platform === 'win32' && 'the agents are scripts for a POSIX shell' }, () => {
  test('a step gets its prompt on stdin, and what it prints is its output', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: one, agent: a, prompt: "say {{inputs.what}}" }\n  - { id: two, agent: a, prompt: "<{{steps.one.output}}>", depends_on: [one] }\n');
    const { code, out, err } = await desk.run(['run', 'w.yaml', '--inputs', 'what=hi=there', '--exec', 'cat; echo']);
    assert.equal(code, 0, err);
    assert.match(out, /## Step: one\n\nsay hi=there\n\n## Step: two\n\n<say hi=there>\n$/);
    assert.equal(err, '');
  });

  test('its environment says where it is, so that `memfabric notebook write` just works', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: look, agent: code reviewer, prompt: p, model: m-1 }\n', MEMORY);
    const exec = `${memfabric} notebook write "from $MEMFABRIC_STEP" >&2; echo "$MEMFABRIC_DIR $MEMFABRIC_WORKFLOW $MEMFABRIC_AGENT $MEMFABRIC_STEP $MEMFABRIC_MODEL"; cat "$MEMFABRIC_SYSTEM_PROMPT"`;
    const { document } = await desk.document(exec);
    const output = String(desk.step(document, 'look')['output']);
    assert.ok(output.startsWith(`${join(desk.folder, 'memory')} ${document['run_id']} code_reviewer look m-1\nYou review.`), output);
    assert.match(output, /read_memory/);
    assert.match(String(document['notebook']), /\] \[code_reviewer\] from look\n$/);
    assert.equal(readFileSync(join(String(document['audit_dir']), 'memory.md'), 'utf8'), document['notebook']);
  });

  test('the MCP settings start a server that is sealed to the run and signs as the agent', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: one, agent: code reviewer, prompt: p }\n  - { id: out, agent: a, prompt: p, shared_memory: { tools: false } }\n', MEMORY);
    writeFileSync(
      join(desk.folder, 'agent.mjs'),
      `import { spawn, spawnSync } from 'node:child_process';
       import { readFileSync } from 'node:fs';
       const { mcpServers } = JSON.parse(readFileSync(process.env.MEMFABRIC_MCP_CONFIG, 'utf8'));
       if (mcpServers.memory === undefined) { console.log('no server'); process.exit(); }
       const server = spawn(mcpServers.memory.command, mcpServers.memory.args, { stdio: ['pipe', 'pipe', 'inherit'] });
       const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
       let said = '';
       server.stdout.on('data', (chunk) => {
         said += chunk;
         if (said.includes('"id":1,') || said.includes('"id":1}')) step2();
         if (said.includes('noted at revision')) { console.log('noted'); server.stdin.end(); }
       });
       let done = false;
       function step2() {
         if (done) return;
         done = true;
         send({ method: 'notifications/initialized' });
         send({ id: 2, method: 'tools/call', params: { name: 'write_memory', arguments: { entry: 'over MCP' } } });
       }
       send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } } });`,
    );
    const { document } = await desk.document('node agent.mjs');
    assert.equal(desk.step(document, 'one')['output'], 'noted');
    assert.equal(desk.step(document, 'out')['output'], 'no server');
    assert.match(String(document['notebook']), /\[code_reviewer\] over MCP\n$/);
  });

  test('a step that fails in a level of several: exit code 2, and the others are unharmed', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: bad, agent: a, prompt: p }\n  - { id: good, agent: a, prompt: p }\n');
    const { code, document, err } = await desk.document('if [ $MEMFABRIC_STEP = bad ]; then echo "no luck" >&2; exit 3; fi; echo fine');
    assert.equal(code, 2);
    assert.equal(document['status'], 'completed_with_failures');
    assert.deepEqual(desk.step(document, 'bad')['error'], { code: 'exec_failed', message: 'the command ended with code 3: no luck' });
    assert.equal(desk.step(document, 'good')['output'], 'fine');
    assert.equal(err, 'memfabric: step bad failed: the command ended with code 3: no luck\n');
  });

  test('one that stops the run: exit code 1, and how to go on', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: bad, agent: a, prompt: p }\n  - { id: next, agent: a, prompt: p, depends_on: [bad] }\n');
    const { code, document, err } = await desk.document('exit 1');
    assert.equal(code, 1);
    assert.equal(document['status'], 'failed');
    assert.equal(fields(document['steps'])['next'], undefined);
    assert.match(err, new RegExp(`\`memfabric resume ${document['run_id']}\``));
  });

  test('a command that is missing is told so', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { document } = await desk.document('no-such-agent --now');
    assert.equal(fields(desk.step(document, 's')['error'])['code'], 'exec_missing');
  });

  test('a command that hangs is ended with all that it started, and nobody else is', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: hangs, agent: a, prompt: p, timeout: 500ms }\n  - { id: works, agent: a, prompt: p }\n');
    const exec = `if [ $MEMFABRIC_STEP = works ]; then sleep 1; echo fine; exit; fi; trap "" TERM; sleep 97531 & echo $! > child; wait; sleep 97531`;
    const { code, document } = await desk.document(exec);
    assert.equal(code, 2);
    assert.deepEqual(desk.step(document, 'hangs')['error'], { code: 'timeout', message: 'it took longer than its timeout of 500 ms' });
    assert.equal(desk.step(document, 'works')['output'], 'fine');
    const pid = Number(readFileSync(join(desk.folder, 'child'), 'utf8'));
    assert.ok(hasEnded(pid), `process ${pid} has ended`);
  });

  test('a command that leaves something behind which holds its output open does not hang the run', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { document } = await desk.document('sleep 97532 & echo $! > child; echo done');
    assert.equal(desk.step(document, 's')['output'], 'done');
    const pid = Number(readFileSync(join(desk.folder, 'child'), 'utf8'));
    await until(() => hasEnded(pid));
  });

  test('100 MB of output fail the step by name, and take nothing down', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: loud, agent: a, prompt: p }\n  - { id: quiet, agent: a, prompt: p }\n');
    const { code, document } = await desk.document('if [ $MEMFABRIC_STEP = quiet ]; then echo fine; else head -c 100000000 /dev/zero; fi');
    assert.equal(code, 2);
    assert.deepEqual(desk.step(document, 'loud')['error'], { code: 'exec_output', message: 'the command printed more than 16,777,216 bytes' });
    assert.equal(desk.step(document, 'quiet')['output'], 'fine');
  });

  test('an output of 2 MB goes to the next step whole', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: long, agent: a, prompt: p }\n  - { id: count, agent: a, prompt: "{{steps.long.output}}", depends_on: [long] }\n');
    const { code, document } = await desk.document("if [ $MEMFABRIC_STEP = long ]; then head -c 2000000 /dev/zero | tr '\\0' x; else wc -c; fi");
    assert.equal(code, 0);
    assert.equal(desk.step(document, 'count')['output'], '2000000');
  });

  test('output that is no UTF-8 is taken with marks in it, and told', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { code, document, err } = await desk.document("printf 'a\\377b\\303'");
    assert.equal(code, 0);
    assert.equal(desk.step(document, 's')['output'], 'a\u{fffd}b\u{fffd}');
    assert.match(err, /^memfabric: warning: the output of step s was not UTF-8/);
    assert.match(readFileSync(join(String(document['audit_dir']), 'steps', '00_s', 'stream.jsonl'), 'utf8'), /"type":"warning"/);
  });

  test('millions of line breaks in an output, and at its end, hold nothing up', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { code, document } = await desk.document("head -c 2000000 /dev/zero | tr '\\0' '\\n'; echo x; head -c 2000000 /dev/zero | tr '\\0' '\\n'");
    assert.equal(code, 0);
    assert.equal(String(desk.step(document, 's')['output']).length, 2_000_001);
  });

  test('a command that cannot be started because too many files are open fails its step', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const said: string[] = [];
    for (let limit = 24; ; limit += 3) {
      const { status, stderr } = spawnSync('sh', ['-c', `ulimit -n ${limit}; exec ${memfabric} run w.yaml --exec cat`], { cwd: desk.folder, env: clean(), encoding: 'utf8' });
      said.push(stderr);
      if (status === 0) break;
      assert.ok(limit < 200, stderr);
    }
    assert.ok(said.some((text) => /step s failed: the command cannot be started: .*EMFILE/.test(text)), said.join('\n'));
    assert.ok(said.every((text) => !text.includes('Unhandled')), said.join('\n'));
  });

  test('a command that does not read its prompt is no failure', async () => {
    const desk = new Desk();
    desk.workflow(`  - { id: s, agent: a, prompt: "{{inputs.long}}" }\n`);
    const { code, document } = await desk.document('exec true', '--inputs', `long=${'x'.repeat(100_000)}`);
    assert.equal(code, 0);
    assert.equal(desk.step(document, 's')['output'], '');
  });

  test('without --exec: an error with an example', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { code, err } = await desk.run(['run', 'w.yaml']);
    assert.equal(code, 2);
    assert.match(err, /--exec .*\n {2}memfabric run w\.yaml --exec '/);
    assert.deepEqual(readdirSync(desk.folder), ['w.yaml']);
  });

  test('--dry-run prints the levels and the prompts, runs nothing and makes nothing', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: one, agent: a, prompt: "say {{inputs.what}}" }\n  - { id: two, agent: a, prompt: "<{{steps.one.output}}>", depends_on: [one] }\n', MEMORY);
    const { code, out, err } = await desk.run(['run', 'w.yaml', '--inputs', 'what=hi', '--dry-run', '--exec', 'touch ran']);
    assert.equal(code, 0, err);
    assert.match(out, /level 1 of 2: one\n[^]*say hi\n[^]*level 2 of 2: two\n[^]*<\{\{steps\.one\.output\}\}>/);
    assert.deepEqual(readdirSync(desk.folder), ['w.yaml']);
    const [document] = await desk.json('run', 'w.yaml', '--inputs', 'what=hi', '--dry-run');
    assert.deepEqual(fields(document)['levels'], [['one'], ['two']]);
  });

  test('what is odd is a warning with its place, and an error with --strict', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p, timeot: 5s, timeout: soon }\n');
    const { code, err } = await desk.run(['run', 'w.yaml', '--exec', 'cat']);
    assert.equal(code, 0);
    assert.match(err, /warning: w\.yaml:8:\d+: .*timeot.*`?timeout/);
    assert.match(err, /warning: w\.yaml:8:\d+: .*"soon"/);
    const strict = await desk.run(['run', 'w.yaml', '--exec', 'touch ran', '--strict']);
    assert.equal(strict.code, 1);
    assert.match(strict.err, /^memfabric: invalid_value: w\.yaml:8:/);
    assert.equal(existsSync(join(desk.folder, 'ran')), false);
  });

  test('interactive steps are answered by what is piped in if that is wanted, and else fail with a sentence', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: ask, agent: a, prompt: "go on?", interactive: true }\n  - { id: more, agent: a, prompt: "sure?", interactive: true }\n');
    const answered = await desk.run(['run', 'w.yaml', '--exec', 'cat', '--interactive'], { input: 'yes\nof course\n\nvery\n' });
    assert.equal(answered.code, 0, answered.err);
    assert.match(answered.out, /## Step: ask\n\nyes\nof course\n[^]*## Step: more\n\nvery\n/);
    assert.match(answered.err, /go on\?[^]*sure\?/);
    const alone = await desk.run(['run', 'w.yaml', '--exec', 'cat']);
    assert.equal(alone.code, 2);
    assert.match(alone.err, /step ask is interactive, and there is nobody to ask/);
  });

  test('an answer that comes too late for one step is not lost for the next', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: a, agent: a, prompt: p, interactive: true, timeout: 300ms }\n  - { id: b, agent: a, prompt: p, interactive: true }\n');
    const child = spawn(process.execPath, [program, 'run', 'w.yaml', '--exec', 'cat', '--interactive', '--output', 'json'], { cwd: desk.folder, env: clean(), stdio: ['pipe', 'pipe', 'pipe'], timeout: 30_000 });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await until(() => err.includes('b asks you'));
    child.stdin.end('first\nsecond\n\n');
    await once(child, 'close');
    const document = fields(JSON.parse(out));
    assert.equal(fields(desk.step(document, 'a')['error'])['code'], 'timeout');
    assert.equal(desk.step(document, 'b')['output'], 'first\nsecond');
  });

  test('at a terminal, interactive steps ask, and each level is shown', { skip: noTerminal }, async () => {
    const desk = new Desk();
    desk.workflow('  - { id: ask, agent: a, prompt: "go on?", interactive: true }\n  - { id: work, agent: a, prompt: "{{steps.ask.output}}!", depends_on: [ask] }\n');
    const child = spawn('script', ['-qec', `${memfabric} run w.yaml --exec cat`, '/dev/null'], { cwd: desk.folder, env: clean({ NO_COLOR: '1' }), stdio: ['pipe', 'pipe', 'ignore'], timeout: 30_000 });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('an empty line ends it'));
    child.stdin.write('of course\n\n');
    await once(child, 'close');
    assert.equal(child.exitCode, 0, said);
    assert.match(said, /level 1 of 2: ask[^]*ask asks you, as a:[^]*go on\?[^]*✓ ask[^]*level 2 of 2: work[^]*✓ work[^]*completed[^]*of course!/);
  });

  test('--json tells every event on stderr', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { out, err } = await desk.run(['run', 'w.yaml', '--exec', 'cat', '--json']);
    const events = documents(err).map((event) => fields(event));
    assert.deepEqual(events.map(({ type }) => type), ['run_started', 'level_started', 'step_started', 'step_finished', 'level_finished', 'run_finished']);
    assert.equal(events[0]?.['run_id'], fields(JSON.parse(out))['run_id']);
  });

  test('--memory, --audit-dir and --run-id say where; the entries of the run are there for everybody', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: a, prompt: p }\n');
    const { code } = await desk.run(['run', 'w.yaml', '--exec', 'cat', '--memory', 'm', '--audit-dir', 'runs', '--run-id', 'mine']);
    assert.equal(code, 0);
    assert.equal(readdirSync(join(desk.folder, 'runs')).length, 1);
    const [run] = await desk.json('get', 'run', '--memory', 'm', '--workflow', 'mine');
    assert.equal(fields(run)['status'], 'completed');
    const [step] = await desk.json('get', 'steps:s', '--memory', 'm', '--workflow', 'mine');
    assert.equal(fields(step)['output'], 'p');
    const again = await desk.run(['run', 'w.yaml', '--exec', 'cat', '--memory', 'm', '--audit-dir', 'runs', '--run-id', 'mine']);
    assert.equal(again.code, 1);
    assert.match(again.err, /^memfabric: conflict: .*"mine" already/);
  });

  test('another process watches the steps of a run as it goes', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: one, agent: a, prompt: p }\n  - { id: two, agent: a, prompt: p, depends_on: [one] }\n');
    await desk.say('set', 'a', '1');
    const watch = desk.start(['watch', 'steps:*', '--workflow', 'mine', '--json', '--from', '0']);
    await desk.run(['run', 'w.yaml', '--exec', 'cat', '--run-id', 'mine']);
    const seen: string[] = [];
    for (let at = 0; at < 4; at++) {
      const event = fields(JSON.parse((await watch.line()) ?? ''));
      seen.push(`${event['key']} ${fields(event['data'])['status']}`);
    }
    assert.deepEqual(seen, ['steps:one running', 'steps:one completed', 'steps:two running', 'steps:two completed']);
    await watch.end('SIGINT');
  });

  test('errors of the file point at the place, and nothing is made', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: s, agent: nobody, prompt: p }\n');
    const { code, err } = await desk.run(['run', 'w.yaml', '--exec', 'cat']);
    assert.equal(code, 1);
    assert.match(err, /^memfabric: invalid_value: w\.yaml:8:21: steps\[0\]\.agent: /);
    assert.deepEqual(readdirSync(desk.folder), ['w.yaml']);
  });

  test('Ctrl-C ends what is under way, and `memfabric resume` goes on without repeating what is over', async () => {
    const desk = new Desk();
    desk.workflow('  - { id: one, agent: a, prompt: p }\n  - { id: two, agent: a, prompt: p, depends_on: [one] }\n  - { id: three, agent: a, prompt: "{{steps.two.output}}", depends_on: [two] }\n', MEMORY);
    const exec = `echo $MEMFABRIC_STEP >> ran; ${memfabric} notebook write "by $MEMFABRIC_STEP" --retry-key "$MEMFABRIC_STEP" >&2; if [ $MEMFABRIC_STEP = two ] && [ ! -e go ]; then sleep 97533 & echo $! > child; wait; fi; cat`;
    const child = spawn(process.execPath, [program, 'run', 'w.yaml', '--exec', exec, '--run-id', 'mine'], { cwd: desk.folder, env: clean(), stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await until(() => existsSync(join(desk.folder, 'child')));
    child.kill('SIGINT');
    await once(child, 'close');
    assert.equal(child.exitCode, 130);
    assert.match(err, /memfabric: aborted: the run mine was ended; `memfabric resume mine`/);
    await until(() => hasEnded(Number(readFileSync(join(desk.folder, 'child'), 'utf8'))));
    assert.equal(fields((await desk.json('get', 'run', '--workflow', 'mine'))[0])['status'], 'interrupted');
    writeFileSync(join(desk.folder, 'go'), '');
    const { code, out, err: said } = await desk.run(['resume', 'mine', '--exec', exec, '--output', 'json']);
    assert.equal(code, 0, said);
    const document = fields(JSON.parse(out));
    assert.equal(document['status'], 'completed');
    assert.equal(desk.step(document, 'three')['output'], 'p');
    assert.deepEqual(readFileSync(join(desk.folder, 'ran'), 'utf8').trim().split('\n'), ['one', 'two', 'two', 'three']);
    assert.deepEqual(String(document['notebook']).match(/by \w+/g), ['by one', 'by two', 'by three']);
  });

  test('`memfabric resume` says what it misses', async () => {
    const desk = new Desk();
    const nowhere = await desk.run(['resume', 'mine', '--exec', 'cat']);
    assert.match(nowhere.err, /^memfabric: not_found: there is no memory in/);
    assert.equal(nowhere.code, 1);
    await desk.say('set', 'a', '1');
    assert.match((await desk.run(['resume', 'mine', '--exec', 'cat'])).err, /^memfabric: not_found: there is no run "mine"/);
    assert.match((await desk.run(['resume', 'mine'])).err, /--exec/);
  });
});

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  // One that nobody has waited for has ended as well.
  return existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
