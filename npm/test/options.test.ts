import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../src/api/errors.ts';
import { MemoryError } from '../src/api/errors.ts';
import * as options from '../src/api/options.ts';

function refused(run: () => void, code: ErrorCode, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MemoryError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

test('a mistyped option is refused and the nearest one is named', () => {
  refused(() => options.searchOptions('searchVector')({ filters: {} }), 'invalid_option', /`filters`: did you mean `filter`\?/);
  refused(() => options.searchOptions('searchVector')({ topk: 3 }), 'invalid_option', /`topk`: did you mean `topK`\?/);
  refused(() => options.searchOptions('searchVector')({ treshold: 3 }), 'invalid_option', /did you mean `threshold`\?/);
  refused(() => options.setOptions({ tll: 3 }), 'invalid_option', /did you mean `ttl`\?/);
  refused(() => options.setOptions({ ifrevision: 3 }), 'invalid_option', /did you mean `ifRevision`\?/);
  refused(() => options.atOptions('get')({ scope_id: 'x' }), 'invalid_option', /get has no option `scope_id`: did you mean `scopeId`\?/);
  refused(() => options.watchMemoryOptions({ ignoreself: true }), 'invalid_option', /did you mean `ignoreSelf`\?/);
  refused(() => options.callOptions({ workflow: 'w' }), 'invalid_option', /did you mean `workflowId`\?/);
  refused(() => options.openOptions({ durabilty: 'sync' }), 'invalid_option', /did you mean `durability`\?/);
});

test('an option like nothing that is known is refused with all that are', () => {
  refused(() => options.deleteOptions({ consistency: 1 }), 'invalid_option', /`consistency`: there are `scope`, `scopeId`, `ifRevision`/);
});

test('an unknown option is refused though it is undefined', () => {
  refused(() => options.searchOptions('searchVector')({ filters: undefined }), 'invalid_option', /did you mean/);
});

test('a known option that is undefined counts as absent', () => {
  options.setOptions({ ttl: undefined, scope: undefined, ifRevision: undefined });
  options.setOptions(undefined);
  options.setOptions({});
});

test('names of every object are no options', () => {
  refused(() => options.setOptions({ constructor: 1 }), 'invalid_option', /`constructor`/);
  refused(() => options.setOptions(JSON.parse('{"__proto__": 1}')), 'invalid_option', /`__proto__`/);
});

test('options that are no object are refused', () => {
  for (const given of [null, 5, 'workflow', [], () => 1]) {
    refused(() => options.setOptions(given), 'invalid_option', /the options of set are an object/);
  }
});

test('values of the wrong type are refused by name', () => {
  refused(() => options.setOptions({ ttl: '1000' }), 'invalid_option', /`ttl` is a whole number of milliseconds, 1 or more, not "1000"/);
  for (const ttl of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) refused(() => options.setOptions({ ttl }), 'invalid_option', /`ttl`/);
  refused(() => options.setOptions({ ifAbsent: 1 }), 'invalid_option', /`ifAbsent` is true or false, not 1/);
  refused(() => options.setOptions({ ifRevision: -1 }), 'invalid_option', /`ifRevision`/);
  for (const topK of [0, -1, 1_001, 1e9, 1.5, NaN, Infinity, '5', [5], true]) {
    refused(() => options.searchOptions('searchVector')({ topK }), 'invalid_option', /`topK` is a whole number, 1 to 1,000, not/);
  }
  for (const topK of [undefined, 1, 1_000]) options.searchOptions('searchVector')({ topK });
  refused(() => options.searchOptions('searchVector')({ threshold: NaN }), 'invalid_option', /`threshold`/);
  refused(() => options.watchOptions({ signal: {} }), 'invalid_option', /`signal` is an AbortSignal/);
  refused(() => options.watchMemoryOptions({ concurrency: 0 }), 'invalid_option', /`concurrency`/);
  options.watchMemoryOptions({ concurrency: Infinity });
  refused(() => options.watchMemoryOptions({ onError: 'log' }), 'invalid_option', /`onError` is a function/);
  refused(() => options.callOptions({ timeout: 0 }), 'invalid_option', /`timeout`/);
  for (const name of ['exact', 'includeValues', 'includeEmbedding']) {
    refused(() => options.searchOptions('searchVectors')({ [name]: 'yes' }), 'invalid_option', new RegExp(`\`${name}\` is true or false, not "yes"`));
  }
  refused(() => options.openOptions({ vectors: 'none' }), 'invalid_option', /`vectors` is "full" or "lean", not "none"/);
  refused(() => options.openOptions({ durability: 'none' }), 'invalid_option', /"process" or "sync", not "none"/);
  refused(() => options.openOptions({ retention: { event: 5 } }), 'invalid_option', /retention has no option `event`: did you mean `events`/);
});

test('an unknown scope is refused and the nearest one is named', () => {
  refused(() => options.atOptions('get')({ scope: 'workfow' }), 'invalid_scope', /`workfow`: did you mean `workflow`\?/);
  refused(() => options.atOptions('get')({ scope: 'tenant' }), 'invalid_scope', /`workflow`, `session`, `actor`, `global`/);
  refused(() => options.atOptions('get')({ scope: 'all' }), 'invalid_scope', /all/);
  refused(() => options.atOptions('get')({ scope: 1 }), 'invalid_scope', /1/);
  options.listOptions({ scope: 'all' });
});

test('a metric is named where vectors are set, and nowhere else', () => {
  for (const metric of ['cosine', 'dot', 'euclidean', undefined]) options.setVectorOptions('setVector')({ metric });
  refused(() => options.setVectorOptions('setVector')({ metric: 'cosin' }), 'invalid_option', /`cosin`: did you mean `cosine`\?/);
  refused(() => options.setVectorOptions('setVectors')({ metric: 'l2' }), 'invalid_option', /no metric is called `l2`: there are `cosine`, `dot`, `euclidean`/);
  refused(() => options.setVectorOptions('setVector')({ metric: 2 }), 'invalid_option', /no metric is called 2/);
  refused(() => options.vectorOptions('getVector')({ metric: 'dot' }), 'invalid_option', /getVector has no option `metric`/);
  refused(() => options.searchOptions('searchVector')({ metric: 'dot' }), 'invalid_option', /searchVector has no option `metric`/);
  options.checkStep({ type: 'setVector', key: 'a', embedding: [1], metric: 'dot' }, 0);
  refused(() => options.checkStep({ type: 'setVector', key: 'a', embedding: [1], metric: 'manhattan' }, 0), 'invalid_option', /metric/);
  refused(() => options.checkStep({ type: 'deleteVector', key: 'a', metric: 'dot' }, 0), 'invalid_option', /`metric`/);
});

test('the items of setVectors are checked, and the message says which', () => {
  options.checkItem({ key: 'a', embedding: [1], metadata: {} }, 0);
  for (const item of [undefined, null, 5, 'a', ['a', [1]]]) refused(() => options.checkItem(item, 3), 'invalid_option', /^items\[3\] is/);
  refused(() => options.checkItem({ key: 'a', vector: [1] }, 0), 'invalid_option', /an item of setVectors has no option `vector`/);
  refused(() => options.checkItem({ key: 'a', embedding: [1], metdata: {} }, 0), 'invalid_option', /did you mean `metadata`/);
  refused(() => options.checkItem({ embedding: [1] }, 3), 'invalid_key', /^items\[3\]\.key is a string, not undefined/);
});

test('ids, keys and patterns are strings of whole characters', () => {
  refused(() => options.atOptions('get')({ scope: 'session', scopeId: 5 }), 'invalid_scope', /`scopeId` is a string, not 5/);
  refused(() => options.atOptions('get')({ scope: 'session', scopeId: '\ud800' }), 'invalid_scope', /`scopeId`/);
  refused(() => options.contextIds({ workflowId: '\udfff' }), 'invalid_scope', /`workflowId`/);
  refused(() => options.checkKey(5), 'invalid_key', /a key is a string, not 5/);
  refused(() => options.checkKey('a\ud800'), 'invalid_key', /surrogate/);
  refused(() => options.patternList(['a', '\ud800']), 'invalid_pattern', /a pattern is a string/);
  refused(() => options.patternList([]), 'invalid_option', /at least one pattern/);
  assert.deepEqual(options.patternList('a:*'), ['a:*']);
});

test('agent ids are letters, digits, _ and -', () => {
  for (const good of ['a', 'A-1_b', 'x'.repeat(256)]) options.checkAgentId(good);
  for (const bad of ['', 'a.b', 'a b', 'é', 'a\n', 'x'.repeat(257), 5, undefined]) {
    refused(() => options.checkAgentId(bad), 'invalid_option', /an agent id/);
  }
});

test('the steps of a batch are checked by type', () => {
  options.checkStep({ type: 'set', key: 'a', value: 1, ttl: 5, scope: 'global' }, 0);
  refused(() => options.checkStep({ type: 'put', key: 'a' }, 2), 'invalid_option', /^operations\[2\]: no operation has the type `put`/);
  refused(() => options.checkStep({ type: 'setvector' }, 0), 'invalid_option', /did you mean `setVector`/);
  refused(() => options.checkStep({ type: 'toString' }, 0), 'invalid_option', /no operation has the type/);
  refused(() => options.checkStep(null, 1), 'invalid_option', /^operations\[1\] is null/);
  refused(() => options.checkStep({ op: 'set' }, 0), 'invalid_option', /with a `type`/);
  refused(() => options.checkStep({ type: 'delete', key: 'a', value: 1 }, 0), 'invalid_option', /a batch's delete has no option `value`/);
  refused(() => options.checkStep({ type: 'increment', key: 'a', ttl: 1 }, 0), 'invalid_option', /`ttl`/);
});
