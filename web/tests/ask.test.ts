/** Asking over the wire: streamed, stopped, broken off, refused, busy. */

import { act, renderHook, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { ask, type AskEvent } from '../src/api/ask';
import { useTurns } from '../src/features/ask/useTurns';
import { answerWith, block, citation, problemIn, reply, streamOf } from './builders';

const base = { id: 'b1', name: 'Harbour' };
const question = () => ({ question: 'Fee?', knowledgeBaseId: 'b1', signal: new AbortController().signal });

async function eventsOf(events: AsyncGenerator<AskEvent>): Promise<AskEvent[]> {
  const all: AskEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const whole = [
  block('retrieved', { passages: [{}, {}] }),
  block('delta', { text: 'The fee is ' }),
  block('delta', { text: '35 euros. [1]' }),
  block('citation', citation()),
  block('finished', reply()),
];

describe('ask', () => {
  it('sends the question with the page’s header and yields typed events up to the last', async () => {
    const calls = answerWith(() => new Response(streamOf([...whole, block('delta', { text: 'too late' })])));
    const events = await eventsOf(ask(question()));
    expect(events.map(({ type }) => type)).toEqual(['retrieved', 'delta', 'delta', 'citation', 'finished']);
    expect(calls[0]?.init.headers).toMatchObject({ 'X-Zhida-Page': '1' });
    expect(JSON.parse(calls[0]?.init.body as string)).toEqual({
      question: 'Fee?',
      knowledge_base: 'b1',
      stream: true,
    });
  });

  it('throws where the stream ends before the answer does, or the server reports an error', async () => {
    answerWith(() => new Response(streamOf(whole.slice(0, 2))));
    expect((await problemIn(eventsOf(ask(question())))).code).toBe('page.stream_broken');
    answerWith(
      () => new Response(streamOf([block('error', { code: 'internal', detail: 'Broken.', status: 500 })])),
    );
    expect((await problemIn(eventsOf(ask(question())))).code).toBe('internal');
  });

  it('throws the server’s problem, even where a proxy answered in HTML', async () => {
    answerWith(() => Response.json({ code: 'knowledge.base_not_found', detail: 'Gone.' }, { status: 404 }));
    expect(await problemIn(eventsOf(ask(question())))).toMatchObject({ status: 404, detail: 'Gone.' });
    answerWith(() => new Response('<html>502</html>', { status: 502 }));
    expect(await problemIn(eventsOf(ask(question())))).toMatchObject({
      status: 502,
      code: 'page.unreadable',
    });
  });
});

describe('useTurns', () => {
  it('shows the answer as it is written', async () => {
    answerWith(() => new Response(streamOf(whole)));
    const { result } = renderHook(useTurns);
    act(() => result.current.ask('Fee?', base));
    expect(result.current.turns[0]?.state).toBe('searching');
    await waitFor(() => expect(result.current.turns[0]?.state).toBe('answered'));
    expect(result.current.turns[0]?.text).toBe(reply().answer);
  });

  it('stops: the request is given up, what was written stays', async () => {
    let aborted = false;
    answerWith((_, { signal }) => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(whole.slice(0, 2).join('')));
          signal?.addEventListener('abort', () => {
            aborted = true;
            controller.error(new DOMException('aborted', 'AbortError'));
          });
        },
      });
      return new Response(stream);
    });
    const { result } = renderHook(useTurns);
    act(() => result.current.ask('Fee?', base));
    await waitFor(() => expect(result.current.turns[0]?.state).toBe('writing'));
    act(() => result.current.stop());
    await waitFor(() => expect(result.current.turns[0]?.state).toBe('stopped'));
    expect(aborted).toBe(true);
    expect(result.current.turns[0]?.text).toBe('The fee is ');
  });

  it('tells where nothing answers at all', async () => {
    answerWith(() => Promise.reject(new TypeError('Failed to fetch')));
    const { result } = renderHook(useTurns);
    act(() => result.current.ask('Fee?', base));
    await waitFor(() => expect(result.current.turns[0]?.problem?.code).toBe('page.offline'));
  });
});
