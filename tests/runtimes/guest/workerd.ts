/** A module worker of Cloudflare. */

import { answer } from './fetch.ts';

export default { fetch: answer };
