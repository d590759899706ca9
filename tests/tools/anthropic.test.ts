/** The tools with the real client of Anthropic. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { MessageParam, Tool, ToolResultBlockParam } from '@anthropic-ai/sdk/resources/messages';

import { provider, withTools } from './support.js';

test('a model calls the tools, and is told what it got wrong', () =>
  withTools(async (tools, notebook) => {
    const turn = (...content: object[]): object => ({ id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'tool_use', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } });
    const { fetch, asked } = provider([
      turn({ type: 'tool_use', id: 't1', name: 'write_memory', input: { text: 'tea' } }),
      turn({ type: 'tool_use', id: 't2', name: 'write_memory', input: { entry: 'tea' } }, { type: 'tool_use', id: 't3', name: 'read_memory', input: {} }),
      turn({ type: 'text', text: 'done', citations: null }),
    ]);
    const client = new Anthropic({ apiKey: 'none', baseURL: 'http://localhost', fetch });
    const offered: Tool[] = tools.anthropic();
    const messages: MessageParam[] = [{ role: 'user', content: 'Note what Ada drinks.' }];
    const said: string[] = [];
    for (let taken = 0; taken < 3; taken++) {
      const { content } = await client.messages.create({ model: 'm', max_tokens: 100, messages, tools: offered });
      messages.push({ role: 'assistant', content });
      const results: ToolResultBlockParam[] = [];
      for (const block of content) {
        if (block.type !== 'tool_use') continue;
        const text = await tools.run(block.name, block.input);
        said.push(text);
        results.push({ type: 'tool_result', tool_use_id: block.id, content: text });
      }
      if (results.length > 0) messages.push({ role: 'user', content: results });
    }
    assert.deepEqual(asked[0]?.tools, JSON.parse(JSON.stringify(offered)));
    assert.equal(said[0], 'error (invalid_option): write_memory has no argument `text`: there are `entry`, `retry_key`');
    assert.match(said[1] ?? '', /^noted at revision \d+$/);
    assert.match(said[2] ?? '', /\[ada\] tea\nrevision: \d+$/);
    assert.deepEqual((await notebook.entries()).map(({ author, entry }) => [author, entry]), [['ada', 'tea']]);
  }));
