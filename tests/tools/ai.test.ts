/** The tools with the real AI SDK. Only the model is made up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asSchema, generateText, stepCountIs, type ToolSet } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

import { withTools } from './support.js';

type Answer = Awaited<ReturnType<MockLanguageModelV3['doGenerate']>>;

/** A model that calls one tool after the other, and then says that it is done. */
function model(calls: readonly { name: string; input: object }[]): MockLanguageModelV3 {
  const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
  const turns = calls.map(({ name, input }, at): Answer => ({
    content: [{ type: 'tool-call', toolCallId: `call-${at}`, toolName: name, input: JSON.stringify(input) }],
    finishReason: { unified: 'tool-calls', raw: undefined },
    usage,
    warnings: [],
  }));
  const last: Answer = { content: [{ type: 'text', text: 'done' }], finishReason: { unified: 'stop', raw: undefined }, usage, warnings: [] };
  return new MockLanguageModelV3({ doGenerate: [...turns, last] });
}

test('generateText runs the tools that a model calls', () =>
  withTools(async (tools, notebook) => {
    const set: ToolSet = tools.ai();
    const mock = model([{ name: 'write_memory', input: { entry: 'the licence is MIT' } }, { name: 'read_memory', input: {} }]);
    const { text, steps } = await generateText({ model: mock, prompt: 'What is the licence? Note it.', tools: set, stopWhen: stepCountIs(5) });
    assert.equal(text, 'done');
    const outputs = steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => String(output)));
    assert.match(outputs[0] ?? '', /^noted at revision \d+$/);
    assert.match(outputs[1] ?? '', /\[ada\] the licence is MIT\nrevision: \d+$/);
    assert.deepEqual((await notebook.entries()).map(({ author, entry }) => [author, entry]), [['ada', 'the licence is MIT']]);
    // What the provider of a model was given.
    const offered = mock.doGenerateCalls[0]?.tools ?? [];
    assert.deepEqual(offered.map(({ name }) => name), ['read_memory', 'write_memory']);
    for (const tool of offered) {
      assert.ok(tool.type === 'function');
      assert.equal(tool.inputSchema.additionalProperties, false);
      assert.ok((tool.description ?? '').length > 50);
    }
  }));

test('a model that gets it wrong is told how it is right', () =>
  withTools(async (tools, notebook) => {
    const mock = model([{ name: 'write_memory', input: { entri: 'x' } }, { name: 'write_memory', input: { entry: 'x', author: 'bob' } }]);
    const { steps } = await generateText({ model: mock, prompt: 'x', tools: tools.ai(), stopWhen: stepCountIs(5) });
    const errors = steps.flatMap(({ content }) => content.filter((part) => part.type === 'tool-error').map(({ error }) => String(error)));
    assert.equal(errors.length, 2);
    assert.match(errors[0] ?? '', /did you mean `entry`\?/);
    assert.match(errors[1] ?? '', /write_memory has no argument `author`/);
    for (const error of errors) assert.doesNotMatch(error, /\n\s+at /);
    assert.deepEqual(await notebook.entries(), []);
  }));

test('what a tool takes is known to the compiler', () =>
  withTools(async (tools) => {
    const { read_memory: read, write_memory: write } = tools.ai();
    const validated = await asSchema(write.inputSchema).validate?.({ entry: 'x', retry_key: null });
    assert.deepEqual(validated, { success: true, value: { entry: 'x' } });
    assert.match(await write.execute({ entry: 'x' }), /^noted/);
    assert.match(await read.execute({ since: 0 }), /revision/);
    // @ts-expect-error -- an entry is a string
    await assert.rejects(write.execute({ entry: 5 }), { code: 'invalid_option' });
    // @ts-expect-error -- and it must be there
    await assert.rejects(write.execute({ retry_key: 'k' }), { code: 'invalid_option' });
    // @ts-expect-error -- nobody else can be named
    await assert.rejects(write.execute({ entry: 'x', author: 'bob' }), { code: 'invalid_option' });
  }));
