/** One question with its answer, from the first word to its sources. */

import { memo, useCallback } from 'react';
import type { Citation } from '../../api/types';
import { useText } from '../../i18n';
import { Notice, Waiting } from '../../ui/controls';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { targetOf, type SourceTarget } from '../source/highlight';
import { AnswerFoot } from './AnswerFoot';
import { CitationButton } from './Citation';
import { Markdown } from './Markdown';
import { Sources } from './Sources';
import { isRunning, type Turn } from './turns';

interface TurnViewProps {
  turn: Turn;
  openTarget: SourceTarget | null;
  onOpen: (target: SourceTarget) => void;
  onAgain: (turn: Turn) => void;
}

function Progress({ turn }: { turn: Turn }) {
  const text = useText();
  if (turn.state === 'searching') return <Waiting>{text.ask.searching}</Waiting>;
  if (turn.state === 'reading') return <Waiting>{text.ask.reading(turn.passageCount)}</Waiting>;
  return turn.state === 'writing' ? <Waiting>{text.ask.writing}</Waiting> : null;
}

function sourcesOf(turn: Turn): SourceTarget[] {
  if (turn.state !== 'refused') return turn.citations.map(targetOf);
  return turn.lookedAt.map(({ document_id, document_name, location }) => ({
    documentId: document_id,
    name: document_name,
    marker: null,
    location,
    quote: null,
  }));
}

export const TurnView = memo(function TurnView({ turn, openTarget, onOpen, onAgain }: TurnViewProps) {
  const text = useText();
  const running = isRunning(turn);
  const targets = sourcesOf(turn);

  const openCitation = useCallback((citation: Citation) => onOpen(targetOf(citation)), [onOpen]);
  const cite = (marker: number) => {
    const citation = turn.citations.find((one) => one.marker === marker) ?? null;
    const open =
      citation !== null &&
      openTarget?.documentId === citation.document_id &&
      openTarget.quote === citation.quote;
    return <CitationButton marker={marker} citation={citation} open={open} onOpen={openCitation} />;
  };

  return (
    <article className="turn" data-state={turn.state}>
      <h2 className="turn-question">{turn.question}</h2>
      <div className="turn-answer" aria-busy={running}>
        {turn.text !== '' && <Markdown text={turn.text} cite={cite} />}
        <Progress turn={turn} />
      </div>
      {turn.problem && <ProblemNotice problem={turn.problem} again={() => onAgain(turn)} />}
      {turn.reply?.warning && <Notice tone="warn">{text.ask.fallback}</Notice>}
      {!running && turn.state !== 'failed' && <AnswerFoot turn={turn} onAgain={() => onAgain(turn)} />}
      {!running && targets.length > 0 && (
        <Sources
          title={turn.state === 'refused' ? text.ask.lookedAt : text.ask.sources}
          targets={targets}
          openTarget={openTarget}
          onOpen={onOpen}
        />
      )}
    </article>
  );
});
