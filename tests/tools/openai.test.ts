/** The tools with the real client of OpenAI. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { FunctionTool, ResponseInputItem } from 'openai/resources/responses/responses';

import { provider, withTools } from './support.js';

test('a model calls the tools by chat completions', () =>
  withTools(async (tools, notebook) => {
    const turn = (message: object): object => ({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null, ...message } }] });
    const calls = (name: string, args: string): object => turn({ content: null, tool_calls: [{ id: `call-${name}`, type: 'function', function: { name, arguments: args } }] });
    const { fetch, asked } = provider([
      calls('write_memory', '{"entry":"the licence is MIT","retry_key":null}'),
      calls('read_memory', '{"since":null}'),
      turn({ content: 'done' }),
    ]);
    const client = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost', fetch });
    const offered: ChatCompletionTool[] = tools.openai();
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the licence? Note it.' }];
    let said: string | null = null;
    while (said === null) {
      const { choices } = await client.chat.completions.create({ model: 'm', messages, tools: offered });
      const message = choices[0]?.message;
      assert.ok(message !== undefined);
      messages.push(message);
      for (const call of message.tool_calls ?? []) {
        if (call.type !== 'function') continue;
        messages.push({ role: 'tool', tool_call_id: call.id, content: await tools.run(call.function.name, call.function.arguments) });
      }
      said = message.content;
    }
    assert.deepEqual(asked[0]?.tools, JSON.parse(JSON.stringify(offered)));
    const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
    assert.match(results[0] ?? '', /^noted at revision \d+$/);
    assert.match(results[1] ?? '', /\[ada\] the licence is MIT\nrevision: \d+$/);
    assert.deepEqual((await notebook.entries()).map(({ author, entry }) => [author, entry]), [['ada', 'the licence is MIT']]);
  }));

test('a model calls the tools by the Responses API', () =>
  withTools(async (tools, notebook) => {
    const turn = (output: object[]): object => ({ id: 'r', object: 'response', created_at: 1, model: 'm', status: 'completed', output });
    const { fetch, asked } = provider([
      turn([{ type: 'function_call', id: 'f', call_id: 'call-1', name: 'write_memory', arguments: '{"entry":"tea","retry_key":null}', status: 'completed' }]),
      turn([{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'done', annotations: [] }] }]),
    ]);
    const client = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost', fetch });
    const offered: FunctionTool[] = tools.responses();
    const input: ResponseInputItem[] = [{ role: 'user', content: 'Note what Ada drinks.' }];
    const first = await client.responses.create({ model: 'm', input, tools: offered });
    for (const item of first.output) {
      if (item.type !== 'function_call') continue;
      input.push(item, { type: 'function_call_output', call_id: item.call_id, output: await tools.run(item.name, item.arguments) });
    }
    const { output_text: said } = await client.responses.create({ model: 'm', input, tools: offered });
    assert.equal(said, 'done');
    assert.deepEqual(asked[1]?.tools, JSON.parse(JSON.stringify(offered)));
    assert.deepEqual((await notebook.entries()).map(({ entry }) => entry), ['tea']);
  }));

test('the schemas keep the rules of strict mode', () =>
  withTools(async (tools) => {
    // What it allows in a schema, of what there could be in these.
    const allowed = new Set(['type', 'description', 'minimum', 'maximum', 'enum', 'items']);
    for (const { parameters, strict } of tools.responses()) {
      assert.equal(strict, true);
      assert.equal(parameters.type, 'object');
      assert.equal(parameters.additionalProperties, false);
      assert.deepEqual(parameters.required, Object.keys(parameters.properties));
      for (const property of Object.values(parameters.properties)) assert.deepEqual(Object.keys(property).filter((name) => !allowed.has(name)), []);
    }
  }));
