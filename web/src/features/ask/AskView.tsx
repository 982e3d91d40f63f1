/** Ask, read the answer as it is written, open its sources. */

import { useCallback, useEffect, useRef } from 'react';
import type { KnowledgeBase, Models } from '../../api/types';
import { useText } from '../../i18n';
import { Blank } from '../../ui/controls';
import type { SourceTarget } from '../source/highlight';
import './AskView.css';
import { ChineseAdvice } from './ChineseAdvice';
import { Composer } from './Composer';
import { TurnView } from './TurnView';
import { hasHan, isRunning, type Turn } from './turns';
import type { Turns } from './useTurns';

interface AskViewProps {
  knowledgeBase: KnowledgeBase;
  models: Models | null;
  turns: Turns;
  openTarget: SourceTarget | null;
  onOpen: (target: SourceTarget) => void;
}

/** True where Chinese is at stake in this turn: in its question or in the words it quotes. */
const isChinese = (turn: Turn | undefined): boolean =>
  turn !== undefined && (hasHan(turn.question) || turn.citations.some(({ quote }) => hasHan(quote)));

function Welcome({ knowledgeBase }: { knowledgeBase: KnowledgeBase }) {
  const text = useText();
  if (knowledgeBase.document_count > 0)
    return (
      <Blank icon="ask" title={text.ask.title}>
        <p>{text.ask.lead(knowledgeBase.name)}</p>
      </Blank>
    );
  return (
    <Blank icon="documents" title={text.ask.title}>
      <p>{text.ask.empty(knowledgeBase.name)}</p>
      <a className="button primary" href={`#/documents/${knowledgeBase.id}`}>
        {text.ask.addDocuments}
      </a>
    </Blank>
  );
}

export function AskView({
  knowledgeBase,
  models,
  turns: { turns, ask, stop },
  openTarget,
  onOpen,
}: AskViewProps) {
  const text = useText();
  const thread = useRef<HTMLDivElement>(null);
  const last = turns.at(-1);

  useEffect(() => {
    if (last) thread.current?.lastElementChild?.scrollIntoView({ block: 'start', behavior: 'smooth' });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new question moves up; its growing answer does not move it
  }, [last?.id]);

  const again = useCallback((turn: Turn) => ask(turn.question, turn.knowledgeBase), [ask]);

  return (
    <div className="ask">
      <div className="ask-scrolled">
        {turns.length === 0 && <Welcome knowledgeBase={knowledgeBase} />}
        <div ref={thread} className="thread" role="log" aria-label={text.ask.answers}>
          {turns.map((turn) => (
            <TurnView key={turn.id} turn={turn} openTarget={openTarget} onOpen={onOpen} onAgain={again} />
          ))}
        </div>
      </div>
      <div className="ask-foot">
        <ChineseAdvice models={models} chinese={isChinese(last)} />
        <Composer
          running={last !== undefined && isRunning(last)}
          disabled={false}
          onAsk={(question) => ask(question, knowledgeBase)}
          onStop={stop}
        />
      </div>
    </div>
  );
}
