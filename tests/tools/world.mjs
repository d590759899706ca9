// What the examples of docs/tools.md run in: providers whose models are made up. Each model notes the licence, reads the
// notebook, and says that it is MIT.

import { MockLanguageModelV3 } from 'ai/test';

const CALLS = [
  ['write_memory', { entry: 'the licence is MIT' }],
  ['read_memory', {}],
];
const SAID = 'It is MIT.';

const chat = (message) => ({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...message } }] });
const providers = {
  '/v1/chat/completions': (at) =>
    CALLS[at] === undefined
      ? chat({ content: SAID })
      : chat({ content: null, tool_calls: [{ id: `call-${at}`, type: 'function', function: { name: CALLS[at][0], arguments: JSON.stringify(CALLS[at][1]) } }] }),
  '/v1/responses': (at) => ({
    id: 'r', object: 'response', created_at: 1, model: 'm', status: 'completed',
    output:
      CALLS[at] === undefined
        ? [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: SAID, annotations: [] }] }]
        : [{ type: 'function_call', id: `f-${at}`, call_id: `call-${at}`, name: CALLS[at][0], arguments: JSON.stringify(CALLS[at][1]), status: 'completed' }],
  }),
  '/v1/messages': (at) => ({
    id: 'm', type: 'message', role: 'assistant', model: 'm', stop_sequence: null, stop_reason: CALLS[at] === undefined ? 'end_turn' : 'tool_use', usage: { input_tokens: 1, output_tokens: 1 },
    content: [CALLS[at] === undefined ? { type: 'text', text: SAID, citations: null } : { type: 'tool_use', id: `t-${at}`, name: CALLS[at][0], input: CALLS[at][1] }],
  }),
};

const asked = new Map();
globalThis.fetch = async (url) => {
  const { pathname } = new URL(url);
  const at = asked.get(pathname) ?? 0;
  asked.set(pathname, at + 1);
  return Response.json(providers[pathname](at));
};
Object.assign(process.env, { OPENAI_API_KEY: 'none', ANTHROPIC_API_KEY: 'none' });

const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
globalThis.languageModel = new MockLanguageModelV3({
  doGenerate: [
    ...CALLS.map(([toolName, input], at) => ({
      content: [{ type: 'tool-call', toolCallId: `call-${at}`, toolName, input: JSON.stringify(input) }],
      finishReason: { unified: 'tool-calls' },
      usage,
      warnings: [],
    })),
    { content: [{ type: 'text', text: SAID }], finishReason: { unified: 'stop' }, usage, warnings: [] },
  ],
});
