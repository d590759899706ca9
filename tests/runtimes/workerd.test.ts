import { bundle, wasm } from './support/bundle.ts';
import { asking, suitesIn } from './support/remote.ts';
import { workerd } from './support/workerd.ts';

const script = await bundle('workerd.ts', { conditions: ['workerd'], external: ['*.wasm'] });

for (const flags of [[], ['nodejs_compat']]) {
  suitesIn(['workerd', ...flags].join(' with '), async () => asking(workerd(script, await wasm(), flags)));
}
