import { bundle, wasm } from './support/bundle.ts';
import { edgeLight, takingModules } from './support/edge-light.ts';
import { asking, suitesIn } from './support/remote.ts';

const script = await bundle('edge-light.ts', { conditions: ['edge-light'], format: 'iife', plugins: [takingModules] });

suitesIn("Vercel's edge runtime", async () => asking(await edgeLight(script, await wasm())));
