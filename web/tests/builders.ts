/** The small worlds that tests are made of. */

import { vi } from 'vitest';
import type { AskReply, Citation, Element, Location } from '../src/api/types';
import { ProblemError, type Problem } from '../src/api/problem';

export const location: Location = {
  element: 1,
  last_element: 2,
  start: 10,
  end: 90,
  page: null,
  last_page: null,
  heading_path: ['Fees'],
};

export function citation(changes: Partial<Citation> = {}): Citation {
  return {
    marker: 1,
    document_id: 'd1',
    document_name: 'rules.md',
    chunk_id: 'c1',
    location,
    quote: 'The fee is 35 euros.',
    ...changes,
  };
}

export function reply(changes: Partial<AskReply> = {}): AskReply {
  return {
    answer: 'The fee is 35 euros. [1]',
    language: 'en',
    citations: [citation()],
    refused: false,
    mode: 'extractive',
    reason: null,
    looked_at: [],
    groundedness: 1,
    warning: null,
    usage: { model: null, prompt_tokens: null, completion_tokens: null },
    timings_ms: { total: 12 },
    cache: null,
    ...changes,
  };
}

export function element(ordinal: number, text: string, kind = 'paragraph'): Element {
  return { ordinal, kind, text, heading_path: [], level: null, page: null, start: 0, end: text.length };
}

export const block = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** A stream that gives these pieces and ends. */
export function streamOf(pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

/** Stands in for the network; returns what it was asked for. */
export function answerWith(handle: (url: string, init: RequestInit) => Response | Promise<Response>) {
  const calls: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', (input: Request | string, init: RequestInit = {}) => {
    const url = typeof input === 'string' ? input : input.url;
    calls.push({ url, init });
    return Promise.resolve(handle(url, init));
  });
  return calls;
}

/** What was thrown, as a problem. */
export async function problemIn(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof ProblemError) return thrown.problem;
    throw thrown;
  }
  throw new Error('Nothing was thrown.');
}
