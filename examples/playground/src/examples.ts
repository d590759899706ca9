/** What stands in the memory at first, and what the buttons do. */

import type { Memory, Operation, SetOptions } from 'memfabric';

/** Some keys in each scope. `language` stands in two of them: the narrower one hides the other. */
export const examples = (): Operation[] => [
  { type: 'set', key: 'motd', value: 'Write on either side.', scope: 'global' },
  { type: 'set', key: 'language', value: 'fr', scope: 'actor', scopeId: 'ada' },
  { type: 'set', key: 'language', value: 'de', scope: 'actor', scopeId: 'grace' },
  { type: 'set', key: 'topic', value: 'a parcel that never came', scope: 'session', scopeId: 's-1' },
  { type: 'set', key: 'language', value: 'en', scope: 'workflow', scopeId: 'wf-1' },
  { type: 'append', key: 'steps', items: ['read', 'look up'], scope: 'workflow', scopeId: 'wf-1' },
];

/** Something to try with one press. */
export interface Trial {
  label: string;
  /** The call, as a program has it. */
  code: string;
  run(memory: Memory): Promise<unknown>;
}

const brief: SetOptions = { scope: 'session', ttl: 5_000 };
const moods = ['angry', 'calm', 'hopeful', 'puzzled'];
let turn = 0;

/** In the order of the buttons. */
export const trials: readonly (() => Trial)[] = [
  () => ({
    label: 'Count one up',
    code: "memory.increment('visits', 1, { scope: 'global' })",
    run: (memory) => memory.increment('visits', 1, { scope: 'global' }),
  }),
  () => ({
    label: 'Note for 5 s',
    code: "memory.set('note', 'soon gone', { scope: 'session', ttl: 5_000 })",
    run: (memory) => memory.set('note', 'soon gone', brief),
  }),
  () => {
    const mood = moods[turn++ % moods.length];
    return {
      label: 'Next mood',
      code: `memory.set('ticket:T-123.sentiment', { mood: '${mood}' })`,
      run: (memory) => memory.set('ticket:T-123.sentiment', { mood }),
    };
  },
  () => ({
    label: 'Append a step',
    code: "memory.append('steps', ['answer'])",
    run: (memory) => memory.append('steps', ['answer']),
  }),
];
