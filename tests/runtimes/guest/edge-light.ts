/** An edge function of Vercel. */

import { answer } from './fetch.ts';

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

addEventListener('fetch', (event) => {
  const { request, respondWith }: FetchEvent = Object(event);
  respondWith.call(event, answer(request));
});
