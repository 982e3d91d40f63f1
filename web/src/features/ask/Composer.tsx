/** Where a question is written. */

import { useId, useState, type KeyboardEvent, type SyntheticEvent } from 'react';
import { useText } from '../../i18n';
import { IconButton } from '../../ui/controls';

/** The API's own limit; it refuses longer questions. */
const LONGEST_QUESTION = 1000;
const WARN_FROM = 900;

interface ComposerProps {
  running: boolean;
  disabled: boolean;
  onAsk: (question: string) => void;
  onStop: () => void;
}

/** Enter that ends an input method's composition chooses a word; it must not send the question. */
const composes = ({ nativeEvent }: KeyboardEvent): boolean =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari ends the composition before the key, and says so only by 229
  nativeEvent.isComposing || nativeEvent.keyCode === 229;

export function Composer({ running, disabled, onAsk, onStop }: ComposerProps) {
  const text = useText();
  const hintId = useId();
  const [question, setQuestion] = useState('');
  const left = LONGEST_QUESTION - Array.from(question).length;
  const sendable = question.trim() !== '' && left >= 0 && !disabled;

  const send = (): void => {
    if (!sendable || running) return;
    onAsk(question.trim());
    setQuestion('');
  };

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    send();
  };

  const sendOnEnter = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || composes(event)) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={submit}>
      <div className="composer-frame">
        <textarea
          rows={1}
          aria-label={text.ask.question}
          aria-describedby={hintId}
          aria-invalid={left < 0}
          placeholder={text.ask.placeholder}
          value={question}
          disabled={disabled}
          onChange={(event) => setQuestion(event.target.value)}
          onKeyDown={sendOnEnter}
        />
        {running ? (
          <IconButton icon="stop" look="primary" label={text.ask.stop} onClick={onStop} />
        ) : (
          <IconButton icon="send" look="primary" label={text.ask.send} type="submit" disabled={!sendable} />
        )}
      </div>
      <p id={hintId} className={left < 0 ? 'composer-hint bad' : 'composer-hint'}>
        {left < 0
          ? text.ask.tooLong(left)
          : left <= LONGEST_QUESTION - WARN_FROM
            ? text.ask.left(left)
            : text.ask.enterHint}
      </p>
    </form>
  );
}
