/** What went wrong with a step, as it is kept; and errors of the file system in words. */

import { MemoryError, type ErrorCode } from '../api/errors.js';
import { ERROR_CHARACTERS } from './limits.js';

/** Why a step failed. */
export interface StepError {
  /** The code of the error, if it has one; `error` if not. */
  code: string;
  /** What it says. */
  message: string;
}

/** An error as it is kept. */
export function stepError(error: unknown): StepError {
  const message = error instanceof Error ? error.message : String(error);
  const cut = message.length > ERROR_CHARACTERS ? `${message.slice(0, ERROR_CHARACTERS)}…` : message;
  return { code: codeOf(error) ?? 'error', message: cut.toWellFormed() };
}

/** Whether an attempt that failed so is worth another one without being asked for: it took too long. */
export function isTimeout(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'timeout' || code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') return true;
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || /\btime(d )?[- ]?out\b|deadline exceeded/i.test(error.message);
}

/** The code of an error, of ours or of the system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** An error of the file system, as callers see it. */
export function fileFailure(what: string, error: unknown, advice = ''): MemoryError {
  const code = codeOf(error);
  return new MemoryError(KINDS[code ?? ''] ?? 'unavailable', `${what}: ${WORDS[code ?? ''] ?? messageOf(error)}${advice}`, { cause: error });
}

const KINDS: Readonly<Record<string, ErrorCode>> = { ENOENT: 'not_found', ENOTDIR: 'not_found', EROFS: 'read_only', ENOSPC: 'full', EDQUOT: 'full' };
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'something on the way to it is no directory',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
