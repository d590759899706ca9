// Stands in for the AI SDK in the recipe of the README.

export const jsonSchema = (schema) => ({ jsonSchema: schema });
export const tool = (tool) => tool;
export const stepCountIs = (steps) => (taken) => taken >= steps;

export async function generateText({ model, prompt, tools, stopWhen }) {
  const results = [];
  for (let taken = 0; !stopWhen(taken); taken++) {
    const turn = model(prompt, results);
    if ('text' in turn) return turn;
    results.push(await tools[turn.tool].execute(turn.input));
  }
  return { text: '' };
}
