import { bundle, wasm } from './support/bundle.ts';
import { asking, suitesIn } from './support/remote.ts';
import { noWorkerd, workerd } from './support/workerd.ts';

const script = await bundle('workerd.ts', { conditions: ['workerd'], external: ['*.wasm'] });

for (const compatibilityFlags of [[], ['nodejs_compat']]) {
  const name = ['workerd', ...compatibilityFlags].join(' with ');
  suitesIn(name, async () => asking(workerd(script, await wasm(), { compatibilityFlags })), noWorkerd);
}
