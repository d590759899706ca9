/** Checks of what running a workflow takes. */

import { MemoryError } from '../api/errors.js';
import { anything, flag, handler, injectOptions, isObject, isText, options, rule, show, signal, text, type Check } from '../api/options.js';
import type { Fabric } from '../api/fabric.js';

const settings = { fabric: anything, execute: handler, interact: handler, onProgress: handler, signal, inject: injectOptions };
const directory = rule('invalid_option', 'the path of a directory', (value) => isText(value) && value !== '' && !String(value).includes('\0'));
const inputs = rule('invalid_option', 'an object of texts', (value) => isObject(value) && Object.values(value).every(isText));

/** Options of `runWorkflow`. */
export const runOptions: Check = options('runWorkflow', { ...settings, inputs, auditDir: directory, runId: text, strict: flag });
/** Options of `resumeWorkflow`. */
export const resumeOptions: Check = options('resumeWorkflow', { ...settings, force: flag });
/** Options of `planWorkflow`. */
export const planOptions: Check = options('planWorkflow', { inputs, strict: flag });

/** Checks what no run can do without. */
export function checkParts(verb: string, given: { fabric: Fabric; execute: unknown } | undefined): void {
  const fabric: unknown = given?.fabric;
  if (typeof fabric !== 'object' || fabric === null || !('core' in fabric)) {
    throw new MemoryError('invalid_option', `${verb} needs a \`fabric\`, the memory that the run is in, not ${show(fabric)}`);
  }
  if (typeof given?.execute !== 'function') {
    throw new MemoryError('invalid_option', `${verb} needs \`execute\`, a function that does a step and answers its output, not ${show(given?.execute)}`);
  }
}
