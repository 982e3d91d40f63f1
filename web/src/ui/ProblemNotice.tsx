/** Says what went wrong and who must do what, in the reader's language where the page has the words. */

import { OFFLINE, STREAM_BROKEN, UNREADABLE, type Problem } from '../api/problem';
import { useText, type Messages } from '../i18n';
import { Button, Notice } from './controls';

/** The page's own words for a problem; undefined where only the server has some. */
function ownWords(problem: Problem, text: Messages): string | undefined {
  if (problem.code === OFFLINE) return text.errors.offline;
  if (problem.code === STREAM_BROKEN) return text.errors.broken;
  if (problem.code === UNREADABLE) return text.errors.unreadable;
  return text.reasons[problem.code];
}

export function ProblemNotice({ problem, again }: { problem: Problem; again?: (() => void) | undefined }) {
  const text = useText();
  const words = ownWords(problem, text);
  return (
    <Notice tone="bad">
      <p>{words ?? problem.detail}</p>
      {words === undefined && problem.advice && <p>{problem.advice}</p>}
      {problem.trace_id && <p className="quiet-text">{text.errors.trace(problem.trace_id)}</p>}
      {again && (
        <Button small onClick={again}>
          {text.errors.again}
        </Button>
      )}
    </Notice>
  );
}
