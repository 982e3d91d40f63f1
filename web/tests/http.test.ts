/** Patience: a 503 that says when to come back is come back to; nothing else is repeated. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patientFetch, send, signedOut, waiting } from '../src/api/http';
import { answerWith, problemIn } from './builders';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const busy = (): Response => new Response('', { status: 503, headers: { 'Retry-After': '2' } });

describe('patientFetch', () => {
  it('waits as long as the server asks and shows that it waits', async () => {
    const replies = [busy(), new Response('done')];
    const calls = answerWith(() => replies.shift() ?? busy());
    const work = patientFetch('/x');
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting.get()).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await (await work).text()).toBe('done');
    expect(waiting.get()).toBeNull();
    expect(calls).toHaveLength(2);
  });

  it('gives up after some tries', async () => {
    const calls = answerWith(busy);
    const work = patientFetch('/x');
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await work).status).toBe(503);
    expect(calls).toHaveLength(5);
  });

  it('stops waiting when its reader stops', async () => {
    answerWith(busy);
    const controller = new AbortController();
    const work = patientFetch('/x', { signal: controller.signal });
    const ended = expect(work).rejects.toThrow('aborted');
    await vi.advanceTimersByTimeAsync(500);
    controller.abort();
    await ended;
    expect(waiting.get()).toBeNull();
  });
});

it('an answer that nobody is signed in any more is told to the whole page', async () => {
  answerWith(() => Response.json({ code: 'access.unauthenticated', detail: 'No.' }, { status: 401 }));
  const before = signedOut.get();
  expect((await problemIn(send('/api/v1/ask', { method: 'POST' }))).status).toBe(401);
  expect(signedOut.get()).toBe(before + 1);
});
