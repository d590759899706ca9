/** The examples of the documentation for browsers run in one, and print what they say. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import ts from 'typescript';
import { examplesOf, pages } from '../../docs/examples.ts';
import { noChromium } from '../support/chromium.ts';
import { Browser, serve } from './support.ts';

const END = '(end of the example)';

describe('the examples for browsers', { skip: noChromium }, async () => {
  if (noChromium) return;
  const browser = await Browser.start(await serve());
  const examples = pages().flatMap(examplesOf).filter(({ runsIn }) => runsIn === 'browser');

  test('there are some', () => assert.ok(examples.length > 0));

  for (const { code, prints, where } of examples) {
    test(where, async () => {
      const tab = await browser.tab();
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
      const script = ts.transpileModule(`${code}console.log('${END}');\n`, { compilerOptions }).outputText;
      await tab.module(script);
      while (!tab.said.includes(END)) await tab.hasSaid(tab.said.length + 1);
      for (const line of prints) assert.ok(tab.said.includes(line), `${line} is not in ${tab.said.join('\n')}`);
      await tab.close();
    });
  }
});
