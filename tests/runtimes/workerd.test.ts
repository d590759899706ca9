import { bundle, wasm } from './support/bundle.ts';
import { asking, suitesIn } from './support/remote.ts';
import { noWorkerd, workerd } from './support/workerd.ts';

const script = await bundle('workerd.ts', { conditions: ['workerd'], external: ['*.wasm'] });

suitesIn('workerd', async () => asking(workerd(script, await wasm())), noWorkerd);

// What differs: then there is an AsyncLocalStorage.
const compatible = { compatibilityFlags: ['nodejs_compat'] };
suitesIn('workerd with nodejs_compat', async () => asking(workerd(script, await wasm(), compatible)), noWorkerd, ['calls', 'handlers']);
