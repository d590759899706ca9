/** An embedder that is a program of somebody else. */

import { spawn } from 'node:child_process';

import { onAbort } from '../api/abort.js';
import type { Embed } from '../index.js';
import { CommandError, ending, REPEATED } from './command-error.js';

/**
 * What is wrong with the command: it is not there; it failed; it said something else than vectors.
 */
export type EmbedErrorCode = 'embed_missing' | 'embed_failed' | 'embed_output';

/** An embedder that did not do what it is for. */
export class EmbedError extends CommandError<EmbedErrorCode> {
  constructor(code: EmbedErrorCode, message: string) {
    super('EmbedError', code, message);
  }
}

/** Most characters that it may print: a thousand vectors of 4,096 numbers are about as long. */
const PRINTED = 100_000_000;

/**
 * An embedder that runs a command for each call. It gets a JSON array of texts on its stdin and prints a JSON array of
 * vectors, one for each. The command is a line for the shell, as its user wrote it; the texts never come near the shell. Once
 * `ended` is aborted nobody waits for it any more.
 */
export function embedWith(command: string, ended?: AbortSignal): Embed {
  return async (texts) => {
    const said = await run(command, JSON.stringify(texts), ended);
    return vectorsIn(said, texts.length);
  };
}

function run(command: string, input: string, ended: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    const leave = (): void => {
      child.kill();
      // What it has started itself may go on, and has the pipes too.
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      child.unref();
    };
    const forget = ended === undefined ? undefined : onAbort(ended, leave);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.length <= PRINTED) return;
      leave();
      reject(new EmbedError('embed_output', `the embedder printed more than ${PRINTED.toLocaleString('en-US')} characters`));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = `${err}${text}`.slice(-REPEATED)));
    // It may end without having read everything; what it ends with says more.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => reject(new EmbedError('embed_missing', `the embedder cannot be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      forget?.();
      if (code === 0) return resolve(out);
      const { isMissing, message } = ending('the embedder', code, signal, err);
      return reject(new EmbedError(isMissing ? 'embed_missing' : 'embed_failed', message));
    });
  });
}

function vectorsIn(said: string, wanted: number): number[][] {
  let answer: unknown;
  try {
    answer = JSON.parse(said);
  } catch {
    throw new EmbedError('embed_output', `the embedder printed no JSON, but ${said.trim() === '' ? 'nothing' : JSON.stringify(said.slice(0, 100))}`);
  }
  if (!Array.isArray(answer)) throw new EmbedError('embed_output', 'the embedder printed no array of vectors');
  if (answer.length !== wanted) throw new EmbedError('embed_output', `the embedder printed ${answer.length} vectors for ${wanted} texts`);
  return answer.map((vector: unknown, at) => {
    if (isVector(vector)) return vector;
    throw new EmbedError('embed_output', `the embedder printed something else than an array of numbers for text ${at}`);
  });
}

const isVector = (value: unknown): value is number[] => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number');
