/** How an answer came about, and what can be done with it. */

import { useEffect, useState } from 'react';
import { useSpeech } from '../../i18n';
import { Badge, Button, type Tone } from '../../ui/controls';
import { Icon } from '../../ui/Icon';
import { copyText } from './copyText';
import { copyOf, totalMs, type Turn } from './turns';

const COPIED_FOR_MS = 2000;

const tones: Readonly<Record<'generated' | 'extractive' | 'refused', Tone>> = {
  generated: 'good',
  extractive: 'plain',
  refused: 'warn',
};

export function ModeBadge({ turn }: { turn: Turn }) {
  const { text } = useSpeech();
  const mode = turn.state === 'refused' ? 'refused' : turn.reply?.mode;
  if (!mode) return null;
  return (
    <Badge tone={tones[mode]} title={text.ask.modeHint[mode]}>
      {text.ask.mode[mode]}
    </Badge>
  );
}

function Copy({ turn }: { turn: Turn }) {
  const { text } = useSpeech();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = (): void => {
    void copyText(copyOf(turn, text.ask.sourcesCopied)).then(setCopied);
  };

  return (
    <Button small look="quiet" onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} size={16} />
      <span aria-live="polite">{copied ? text.ask.copied : text.ask.copy}</span>
    </Button>
  );
}

function Facts({ turn }: { turn: Turn }) {
  const { text, tag } = useSpeech();
  const milliseconds = totalMs(turn.reply);
  const grounded = turn.reply?.mode === 'generated' ? turn.reply.groundedness : null;
  const format = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
  return (
    <>
      {grounded !== null && (
        <span className="quiet-fact" title={text.ask.groundedHint}>
          {text.ask.grounded(Math.round(grounded * 100))}
        </span>
      )}
      {milliseconds !== null && (
        <span className="quiet-fact">
          {text.ask.seconds(format.format(Math.max(milliseconds, 10) / 1000))}
        </span>
      )}
    </>
  );
}

export function AnswerFoot({ turn, onAgain }: { turn: Turn; onAgain: () => void }) {
  const { text } = useSpeech();
  const wasStopped = turn.state === 'stopped';
  return (
    <div className="answer-foot">
      {wasStopped && <Badge>{text.ask.stopped}</Badge>}
      <ModeBadge turn={turn} />
      <Facts turn={turn} />
      <span className="answer-acts">
        {turn.text !== '' && <Copy turn={turn} />}
        {wasStopped && (
          <Button small look="quiet" onClick={onAgain}>
            <Icon name="retry" size={16} />
            {text.ask.again}
          </Button>
        )}
      </span>
    </div>
  );
}
