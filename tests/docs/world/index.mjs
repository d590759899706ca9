// The stubs behind `globals.d.ts`. Loaded before every example.

const DIMENSIONS = 64;

/** A text as the words in it: texts with words in common are near to each other. */
function embed(text) {
  const vector = new Array(DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    let hash = 7;
    for (const letter of word) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
    vector[hash % DIMENSIONS] = 1;
  }
  return vector;
}

/** A model that keeps the cat's name with a tool, looks it up with another, and says what it found. */
function languageModel(prompt, results) {
  const name = /called (\w+)/.exec(prompt)?.[1] ?? 'nobody';
  if (results.length === 0) return { tool: 'remember', input: { name: 'cat', fact: name } };
  if (results.length === 1) return { tool: 'recall', input: { name: 'cat' } };
  return { text: String(results[1]) };
}

Object.assign(globalThis, {
  embedding: [1, 0, 0, 0],
  queryEmbedding: [0.9, 0.1, 0, 0],
  input: { text: 'Where is my order?' },
  model: {
    embed: (texts) => Promise.resolve(texts.map(embed)),
    complete: (prompt) => Promise.resolve(`I was asked ${prompt.split('\n').length} things.`),
  },
  languageModel,
});
