/** One question and what became of it, as pure functions over the answer's events. */

import type { AskEvent } from '../../api/ask';
import type { Problem } from '../../api/problem';
import type { AskReply, Citation, KnowledgeBase, LookedAt } from '../../api/types';

export type TurnState = 'searching' | 'reading' | 'writing' | 'answered' | 'refused' | 'stopped' | 'failed';

export interface Turn {
  id: number;
  question: string;
  knowledgeBase: Pick<KnowledgeBase, 'id' | 'name'>;
  state: TurnState;
  passageCount: number;
  text: string;
  citations: readonly Citation[];
  lookedAt: readonly LookedAt[];
  reply: AskReply | null;
  problem: Problem | null;
}

export function newTurn(id: number, question: string, knowledgeBase: Turn['knowledgeBase']): Turn {
  return {
    id,
    question,
    knowledgeBase,
    state: 'searching',
    passageCount: 0,
    text: '',
    citations: [],
    lookedAt: [],
    reply: null,
    problem: null,
  };
}

export const isRunning = (turn: Turn): boolean => ['searching', 'reading', 'writing'].includes(turn.state);

function withCitation(citations: readonly Citation[], citation: Citation): readonly Citation[] {
  return citations.some(({ marker }) => marker === citation.marker) ? citations : [...citations, citation];
}

/** The turn after an event. The last event's own text counts: a refusal replaces whatever was written before it. */
export function advance(turn: Turn, event: AskEvent): Turn {
  if (!isRunning(turn)) return turn;
  switch (event.type) {
    case 'retrieved':
      return { ...turn, state: 'reading', passageCount: event.passages.length };
    case 'delta':
      return { ...turn, state: 'writing', text: turn.text + event.text };
    case 'citation':
      return { ...turn, citations: withCitation(turn.citations, event.citation) };
    case 'finished':
      return {
        ...turn,
        state: 'answered',
        text: event.reply.answer,
        citations: event.reply.citations,
        reply: event.reply,
      };
    case 'refused':
      return {
        ...turn,
        state: 'refused',
        text: event.reply.answer,
        citations: [],
        lookedAt: event.reply.looked_at,
        reply: event.reply,
      };
  }
}

export const stop = (turn: Turn): Turn => (isRunning(turn) ? { ...turn, state: 'stopped' } : turn);

export const fail = (turn: Turn, problem: Problem): Turn =>
  isRunning(turn) ? { ...turn, state: 'failed', problem } : turn;

/** The answer with its sources, as plain text for the clipboard. */
export function copyOf(turn: Turn, heading: string): string {
  if (turn.citations.length === 0) return turn.text;
  const sources = turn.citations.map(
    ({ marker, document_name, quote }) => `[${marker}] ${document_name}: ${quote}`,
  );
  return [turn.text, '', heading, ...sources].join('\n');
}

/** Milliseconds for the whole answer; null where the server did not say. */
export function totalMs(reply: AskReply | null): number | null {
  return reply?.timings_ms['total'] ?? null;
}

const HAN = /\p{Script=Han}/u;

export const hasHan = (text: string): boolean => HAN.test(text);
