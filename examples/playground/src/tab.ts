/** A tab by itself: the document beside the page. */

import { byId, fill } from './dom.ts';
import { open } from './memory.ts';
import { ownNames } from './names.ts';
import { notice, start } from './notice.ts';
import { Pane } from './pane.ts';
import { followTheme } from './theme.ts';

followTheme();
await start(async () => {
  const name = /^#([a-z]+)$/.exec(location.hash)?.[1] ?? ownNames()[1];
  const { fabric, alone } = await open();
  if (alone !== undefined) notice(alone);
  fill(byId('here'), new Pane(fabric, name, 'a second tab').element);
});
