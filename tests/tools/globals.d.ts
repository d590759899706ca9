/** What the examples of docs/tools.md take for granted. */

import type { LanguageModel } from 'ai';

declare global {
  /** Somebody's model. */
  const languageModel: LanguageModel;
}
