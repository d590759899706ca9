/** The four fields of `config.shared_memory`, and the choices of agents and steps. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { memoryPromptAddendum } from 'memfabric';

import { byId, fails, isError, memory, workflowOf, World } from './world.ts';

describe('the notebook of a run', { timeout: 120_000 }, () => {
  const world = new World();
  /** A file with an `initial_file`. */
  const beginning = (initial: string): string =>
    world.file('flow/w.yaml', `name: x\nconfig:\n  shared_memory:\n    enabled: true\n    ${initial}\nagents:\n  a: { inline: { prompt: p } }\nsteps:\n  - { id: s, agent: a, prompt: p }\n`);

  test('`initial_file` comes first, then `initial_content`; the file is read once and never written', async () => {
    const path = world.file('flow/memory.md', '# From the file\n[2026-01-01T00:00:00Z] [old] a note of long ago\n\n');
    const before = world.read(path);
    const { notebook, auditDir } = await world.run(beginning('initial_file: memory.md\n    initial_content: "# From the workflow"'), async ({ tools }) => {
      return (await tools?.run('write_memory', { entry: 'new' })) ?? '';
    });
    assert.match(notebook ?? '', /^# From the file\n\[2026-01-01T00:00:00Z\] \[old\] a note of long ago\n# From the workflow\n\[\S+Z\] \[a\] new\n$/);
    assert.equal(world.read(path), before);
    assert.equal(world.read(auditDir, 'memory.md'), notebook);
  });

  test('each of the two does alone, and so does none', async () => {
    world.file('flow/memory.md', '# File\n');
    const begins = async (initial: string): Promise<string | undefined> => (await world.run(beginning(initial))).notebook;
    assert.equal(await begins('initial_file: ./memory.md'), '# File\n');
    assert.equal(await begins('initial_content: "# Content"'), '# Content\n');
    assert.equal(await begins('inject_into_prompt: true'), '');
    world.file('flow/memory.md', '\n');
    assert.equal(await begins('initial_file: memory.md\n    initial_content: "# Content"'), '# Content\n');
  });

  for (const [what, make, code, message] of [
    ['is missing', async () => {}, 'not_found', /it is not there/],
    ['is a directory', (path: string) => mkdir(path, { recursive: true }), 'invalid_value', /it is a directory/],
    ['is no UTF-8', async () => void world.file('flow/memory.md', Uint8Array.of(0x61, 0xff, 0x62)), 'invalid_value', /it is not UTF-8 text/],
    ['has 1 GB', async (path: string) => (world.file('flow/memory.md', ''), truncate(path, 2 ** 30)), 'too_large', /it has 1,073,741,824 bytes or more, and 1,048,576 at most/],
  ] as const) {
    test(`an \`initial_file\` that ${what} is an error that points at the place, and nothing is made`, async () => {
      const file = beginning('initial_file: memory.md');
      await make(join(world.directory, 'flow', 'memory.md'));
      await assert.rejects(world.run(file), isError(code, new RegExp(`w\\.yaml:5:19: config\\.shared_memory\\.initial_file: .*memory\\.md: ${message.source}`)));
      assert.equal(existsSync(world.audits), false);
    });
  }

  test('what is put before a prompt is the notebook of the moment at which the step begins', async () => {
    const config = memory({ inject_into_prompt: true }, { max_concurrency: 1 });
    const seen: string[] = [];
    await world.run(workflowOf(['x', 'y', 'z'].map((id) => ({ id })), config), async ({ prompt, tools, step }) => {
      seen.push(prompt.match(/by \w/g)?.join(' ') ?? prompt);
      return (await tools?.run('write_memory', { entry: `by ${step.id}` })) ?? '';
    });
    assert.deepEqual(seen, ['x', 'by x', 'by x by y']);
  });

  test('templates are filled in first: the notebook is no template, and the prompt ends byte for byte as it is', async () => {
    const file = { ...workflowOf([{ id: 's', prompt: '\tdo {{inputs.what}}\r\n{{ other }}  ' }], memory({ inject_into_prompt: true, initial_content: '{{inputs.what}} {{steps.s.output}}' })), inputs: { what: {} } };
    const { steps, auditDir } = await world.run(file, undefined, { inputs: { what: 'it' } });
    assert.match(steps['s']?.output ?? '', /\n\{\{inputs\.what\}\} \{\{steps\.s\.output\}\}\n\n--- End Shared Memory ---\n\n\tdo it\r\n\{\{ other \}\} {2}$/);
    assert.equal(world.read(auditDir, 'steps', '00_s', 'prompt.md'), steps['s']?.output);
  });

  test('a long notebook is cut before a prompt, and says so; `inject` says how much', async () => {
    const file = workflowOf([{ id: 'one' }, { id: 'two', depends_on: ['one'] }], memory({ inject_into_prompt: true }));
    const note = byId({
      one: async ({ notebook }) => {
        for (let at = 0; at < 30; at++) await notebook?.write('a', `${at} ${'x'.repeat(10_000)}`);
        return '';
      },
      two: ({ prompt }) => prompt,
    });
    const long = (await world.run(file, note)).steps['two']?.output ?? '';
    assert.ok(long.length < 110_000 && long.includes('] 29 xxx') && !long.includes('] 1 xxx'), `${long.length} characters`);
    const short = (await world.run(file, note, { inject: { maxChars: 20_000 } })).steps['two']?.output ?? '';
    assert.ok(short.length < 21_000 && short.includes('] 29 xxx'));
  });

  test('agents and steps may have none of it, and a step has the last word', async () => {
    const file = {
      ...workflowOf(
        [
          { id: 'agent_none', agent: 'none' },
          { id: 'step_all', agent: 'none', shared_memory: { inject_into_prompt: true, tools: true } },
          { id: 'agent_all', agent: 'all' },
          { id: 'step_none', agent: 'all', shared_memory: { inject_into_prompt: false, tools: false } },
        ],
        memory({ inject_into_prompt: true, initial_content: '# Seed' }),
      ),
      agents: { none: { inline: { prompt: '' }, shared_memory: { inject_into_prompt: false, tools: false } }, all: { inline: { prompt: '' } } },
    };
    const { steps } = await world.run(file, ({ prompt, tools }) => `${prompt.includes('# Seed')} ${tools !== undefined}`);
    assert.deepEqual(Object.fromEntries(Object.entries(steps).map(([id, { output }]) => [id, output])), {
      agent_none: 'false false',
      step_all: 'true true',
      agent_all: 'true true',
      step_none: 'false false',
    });
  });

  test('who has the tools and does not see the notebook is told of it in the system prompt', async () => {
    const file = workflowOf([{ id: 'told' }, { id: 'sees', shared_memory: { inject_into_prompt: true } }], memory());
    const { steps } = await world.run(file, ({ system }) => system);
    assert.equal(steps['told']?.output, `You are a.\n\n${memoryPromptAddendum()}`);
    assert.equal(steps['sees']?.output, 'You are a.');
  });

  test('12 an attempt that is made again does not note again what it has noted', async () => {
    const file = workflowOf([{ id: 's', on_error: 'retry', retry_count: 2 }], memory());
    const { notebook } = await world.run(file, async ({ attempt, tools }) => {
      await tools?.run('write_memory', { entry: 'I begin' });
      await tools?.run('write_memory', { entry: 'twice' });
      await tools?.run('write_memory', { entry: 'twice' });
      await tools?.run('write_memory', { entry: `attempt ${attempt}` });
      return attempt < 3 ? fails()() : 'done';
    });
    assert.deepEqual(notebook?.match(/\] (?!\[).*$/gm), ['] I begin', '] twice', '] twice', '] attempt 1', '] attempt 2', '] attempt 3']);
  });

  test('the tools that a file calls by other names are errors that name the right ones', async () => {
    for (const [wrong, right] of [['shared_memory_read', 'read_memory'], ['shared_memory_write', 'write_memory']] as const) {
      const file = { ...workflowOf([{ id: 's' }], memory()), agents: { a: { inline: { prompt: '', tools: [wrong] } } } };
      await assert.rejects(world.run(file), isError('invalid_value', new RegExp(`${wrong}.*${right}`)));
    }
  });

  test('what a person adds to memory.md while it runs is read by the steps', async () => {
    const { steps } = await world.run(workflowOf([{ id: 's' }], memory({ initial_content: '# Seed' })), async ({ tools, notebook }) => {
      const { appendFile } = await import('node:fs/promises');
      await appendFile(notebook?.filePath ?? '', 'by a person\n');
      return (await tools?.run('read_memory')) ?? '';
    });
    assert.match(steps['s']?.output ?? '', /\] \[human\] by a person\n/);
  });
});

describe('the block of goflow’s schema', { timeout: 60_000 }, () => {
  const world = new World();

  test('runs as it stands, with a memory.md beside it', async () => {
    const block = 'config:\n  shared_memory:\n    enabled: true\n    inject_into_prompt: true\n    initial_content: "seed text"\n    initial_file: "./memory.md"\n';
    const path = world.file('flow/w.yaml', `name: x\n${block}agents:\n  a: { inline: { prompt: p } }\nsteps:\n  - { id: s, agent: a, prompt: look }\n`);
    world.file('flow/memory.md', '[2026-03-30T12:34:56Z] [agent-name] entry text\n');
    const { steps, warnings, auditDir } = await world.run(path);
    const text = '[2026-03-30T12:34:56Z] [agent-name] entry text\nseed text\n';
    assert.equal(steps['s']?.output, `--- Shared Memory (read-only context from other agents) ---\n${text}\n--- End Shared Memory ---\n\nlook`);
    assert.equal(world.read(auditDir, 'memory.md'), text);
    assert.deepEqual(warnings, []);
  });
});

describe('agents that are looked for', { timeout: 60_000 }, () => {
  const world = new World();

  test('are found by the name of their file, or by the name in it, in the first place that has them', async () => {
    const path = world.file('flow/w.yaml', `name: x\nconfig: { agent_search_paths: [one, two] }\nsteps:\n${['plain', 'short', 'named'].map((id) => `  - { id: ${id}, agent: ${id}, prompt: p }\n`).join('')}`);
    world.file('flow/two/plain.agent.md', '---\ndescription: d\n---\nsecond place');
    world.file('flow/one/plain.agent.md', '---\ndescription: d\n---\nfirst place');
    world.file('flow/two/short.md', '---\ndescription: d\n---\nshort');
    world.file('flow/one/other.agent.md', '---\ndescription: d\nname: "named"\n---\nby its name');
    world.file('flow/one/broken.md', Uint8Array.of(0xff));
    const { steps } = await world.run(path, ({ agent }) => agent.prompt.trim());
    assert.deepEqual(Object.values(steps).map(({ output }) => output), ['by its name', 'first place', 'short']);
  });

  test('and are looked for from where the run began, also by who goes on with it elsewhere', async (t) => {
    for (const [place, prompt] of [['here', 'from here'], ['there', 'from there']]) world.file(`${place}/.claude/agents/lost.md`, `---\ndescription: d\n---\n${prompt}`);
    const back = process.cwd();
    t.after(() => process.chdir(back));
    process.chdir(join(world.directory, 'here'));
    const file = { name: 'x', steps: [{ id: 'a', agent: 'lost', prompt: 'p' }] };
    const controller = new AbortController();
    const ended = world.run(file, () => (controller.abort(), Promise.reject(new Error('ended'))), { runId: 'mine', signal: controller.signal });
    await assert.rejects(ended, isError('aborted'));
    process.chdir(join(world.directory, 'there'));
    const { steps } = await world.resume('mine', ({ agent }) => agent.prompt.trim());
    assert.equal(steps['a']?.output, 'from here');
  });

  test('and are errors where nobody has them, whatever their names would lead to', async () => {
    world.file('flow/secret.agent.md', 'x');
    for (const agent of ['nobody', '../secret']) {
      const path = world.file('flow/w.yaml', `name: x\nconfig: { agent_search_paths: [one] }\nsteps:\n  - { id: s, agent: "${agent}", prompt: p }\n`);
      await assert.rejects(world.run(path), isError('invalid_value', /w\.yaml:4:\d+: steps\[0\]\.agent: /));
    }
  });
});

describe('a file with every field that goflow knows', { timeout: 60_000 }, () => {
  const world = new World();

  test('runs as it stands, with a memory.md beside it', async () => {
    const path = world.file('flow/workflow.yaml', EVERY_FIELD);
    world.file('flow/memory.md', '# What we know\n');
    world.file('flow/agents/aggregator.agent.md', '---\nname: aggregator\ndescription: brings it together\ntools: [grep]\nmodel: [m-3, m-4]\n---\nYou bring it together.\n');
    world.file('flow/found/scout.agent.md', '---\ndescription: is found\n---\nYou look around.\n');
    const { status, notebook, steps, output, warnings } = await world.run(
      path,
      async ({ step, agent, prompt, tools, model, models }) => {
        await tools?.run('write_memory', { entry: `${step.id} was here` });
        return JSON.stringify({ agent: agent.name, description: agent.description, prompt, model, models, tools: step.tools });
      },
      { inputs: { files: 'src/*.go' }, interact: async ({ prompt }) => prompt },
    );
    assert.equal(status, 'completed', JSON.stringify(steps));
    assert.match(notebook ?? '', /^# What we know\n# Findings\n(\[\S+Z\] \[\w+\] \w+ was here\n){3}$/);
    const aggregate = JSON.parse(steps['aggregate']?.output ?? '');
    assert.deepEqual(aggregate.models, ['m-3', 'm-4', 'm-1']);
    assert.deepEqual(aggregate.tools, ['grep', 'read_memory', 'write_memory']);
    assert.match(aggregate.prompt, /# What we know/);
    assert.equal(steps['fix']?.status, 'skipped');
    assert.match(output, /^# Workflow Results/);
    assert.deepEqual(warnings.map(({ field }) => field), ['config.provider', 'config.streaming', 'config.log_level', 'skills', 'steps[0].skills']);
  });
});

const EVERY_FIELD = `
name: every-field
description: all that there is
inputs:
  files:
    description: what is looked at
    default: "*.go"
config:
  model: m-1
  audit_dir: .workflow-runs
  audit_retention: 5
  max_concurrency: 2
  interactive: false
  agent_search_paths: [found]
  provider: { type: openai, base_url: "https://localhost", api_key_env: KEY }
  streaming: true
  log_level: debug
  shared_memory:
    enabled: true
    inject_into_prompt: true
    initial_content: "# Findings"
    initial_file: memory.md
agents:
  security:
    inline:
      description: looks for holes
      prompt: You look for holes.
      tools: [read_memory, write_memory, grep]
      model: m-2
  aggregator:
    file: agents/aggregator.agent.md
skills: [one]
steps:
  - id: security
    agent: security
    prompt: "Look at {{inputs.files}}."
    on_error: skip
    retry_count: 1
    timeout: 1m30s
    model: m-9
    extra_dirs: [../shared]
    skills: [one]
  - id: scout
    agent: scout
    prompt: Look around.
  - id: ask
    agent: security
    prompt: "Is it urgent?"
    interactive: true
  - id: aggregate
    agent: aggregator
    prompt: "{{steps.security.output}} {{steps.ask.output}}"
    depends_on: [security, scout, ask]
  - id: fix
    agent: security
    prompt: Fix it.
    depends_on: [aggregate]
    condition: { step: aggregate, contains: "CRITICAL" }
output:
  steps: [aggregate]
  format: markdown
  truncate: { strategy: lines, limit: 100 }
`;
