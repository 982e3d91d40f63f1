/** One question, answered as a stream of typed events. */

import { send } from './http';
import { ProblemError, STREAM_BROKEN, problemOf } from './problem';
import { readEvents, type ServerEvent } from './sse';
import type { AskReply, Citation, Passage } from './types';

export type AskEvent =
  | { type: 'retrieved'; passages: Passage[] }
  | { type: 'delta'; text: string }
  | { type: 'citation'; citation: Citation }
  | { type: 'finished'; reply: AskReply }
  | { type: 'refused'; reply: AskReply };

export interface Question {
  question: string;
  knowledgeBaseId: string;
  signal: AbortSignal;
}

/** A server's event as ours; null for one that this page does not know. */
function askEventOf({ event, data }: ServerEvent): AskEvent | null {
  const body: unknown = JSON.parse(data);
  switch (event) {
    case 'retrieved':
      return { type: 'retrieved', passages: (body as { passages: Passage[] }).passages };
    case 'delta':
      return { type: 'delta', text: (body as { text: string }).text };
    case 'citation':
      return { type: 'citation', citation: body as Citation };
    case 'finished':
      return { type: 'finished', reply: body as AskReply };
    case 'refused':
      return { type: 'refused', reply: body as AskReply };
    case 'error':
      throw new ProblemError(problemOf(body, 0));
    default:
      return null;
  }
}

/** The events of an answer; the last is `finished` or `refused`. Throws `ProblemError` where it breaks off before. */
export async function* ask({ question, knowledgeBaseId, signal }: Question): AsyncGenerator<AskEvent> {
  const response = await send('/api/v1/ask', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ question, knowledge_base: knowledgeBaseId, stream: true }),
    signal,
  });
  for await (const received of response.body ? readEvents(response.body) : []) {
    const event = askEventOf(received);
    if (event) yield event;
    if (event?.type === 'finished' || event?.type === 'refused') return;
  }
  throw new ProblemError({ title: '', status: 0, detail: '', code: STREAM_BROKEN });
}
