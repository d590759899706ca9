// Runs a program that was compiled for wasm32-wasip1, for cargo: `node wasi.mjs PROGRAM ...`.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';

const args = process.argv.slice(2);
const bytes = readFileSync(args[0]);
// Node 20 has relaxed-simd if it is told so.
if (!WebAssembly.validate(bytes)) setFlagsFromString('--experimental-wasm-relaxed-simd');
const wasi = new WASI({ version: 'preview1', args, env: process.env });
const { instance } = await WebAssembly.instantiate(bytes, wasi.getImportObject());
process.exitCode = wasi.start(instance);
