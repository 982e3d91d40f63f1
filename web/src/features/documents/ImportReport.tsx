/** How an import is doing: one bar for all of it, and each failure with its reason. */

import { useText, type Messages } from '../../i18n';
import { Badge, Button, IconButton } from '../../ui/controls';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { progressOf, type Import, type Progress } from './imports';
import { isWorthRetrying, reasonOf } from './reasonOf';

interface ImportReportProps {
  one: Import;
  onRetry: (one: Import, documentIds: readonly string[]) => void;
  onDismiss: (id: number) => void;
}

function headline(one: Import, progress: Progress, text: Messages): string {
  if (progress.sending && progress.finished === 0) return text.imports.sending(one.sentCount, one.fileCount);
  if (progress.done) return text.imports.done(progress.ready);
  return text.imports.working(progress.finished, progress.total);
}

function Failures({ one, progress, onRetry }: Omit<ImportReportProps, 'onDismiss'> & { progress: Progress }) {
  const text = useText();
  const { failures } = progress;
  return (
    <ul className="import-failures">
      {failures.map((failure) => (
        <li key={failure.id}>
          <span>
            <strong>{failure.name}</strong> {reasonOf(failure, text)}
          </span>
          {isWorthRetrying(failure) && (
            <Button
              small
              look="quiet"
              aria-label={text.documents.retryOf(failure.name)}
              onClick={() => onRetry(one, [failure.id])}
            >
              {text.documents.retry}
            </Button>
          )}
        </li>
      ))}
      {one.rejected.map(({ name, problem }) => (
        <li key={name}>
          <span>
            <strong>{name}</strong> {text.reasons[problem.code] ?? problem.detail}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function ImportReport({ one, onRetry, onDismiss }: ImportReportProps) {
  const text = useText();
  const progress = progressOf(one);
  const failed = progress.failures.length + one.rejected.length;
  const retryable = progress.failures.filter(isWorthRetrying).map(({ id }) => id);
  return (
    <section className="import" aria-label={text.imports.title} data-done={progress.done}>
      <div className="import-line">
        <p role="status">{headline(one, progress, text)}</p>
        {one.duplicateCount > 0 && <Badge>{text.imports.duplicates(one.duplicateCount)}</Badge>}
        {failed > 0 && <Badge tone="bad">{text.imports.failures(failed)}</Badge>}
        <span className="import-acts">
          {progress.done && retryable.length > 1 && (
            <Button small look="quiet" onClick={() => onRetry(one, retryable)}>
              {text.imports.retryAll}
            </Button>
          )}
          {(progress.done || one.problem) && (
            <IconButton small icon="close" label={text.imports.dismiss} onClick={() => onDismiss(one.id)} />
          )}
        </span>
      </div>
      <progress
        className="progress"
        aria-label={text.imports.progress}
        max={Math.max(progress.total, 1)}
        value={progress.finished}
      />
      {one.problem && <ProblemNotice problem={one.problem} />}
      {failed > 0 && <Failures one={one} progress={progress} onRetry={onRetry} />}
    </section>
  );
}
