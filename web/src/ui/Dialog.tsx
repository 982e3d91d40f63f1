/** A modal question: a title, a form, cancel and one act. */

import { useEffect, useId, useRef, useState, type ReactNode, type SyntheticEvent } from 'react';
import { problemFrom, type Problem } from '../api/problem';
import { useText } from '../i18n';
import { Button, Spinner } from './controls';
import { ProblemNotice } from './ProblemNotice';

interface DialogProps {
  title: string;
  act: string;
  danger?: boolean;
  /** Does it; the dialog closes when it is done and shows the problem where it fails. */
  onAct: () => Promise<void>;
  onClose: () => void;
  children?: ReactNode;
}

export function Dialog({ title, act, danger = false, onAct, onClose, children }: DialogProps) {
  const text = useText();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    onAct()
      .then(onClose, (thrown: unknown) => setProblem(problemFrom(thrown)))
      .finally(() => setBusy(false));
  };

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onCancel={onClose}>
      <form onSubmit={submit}>
        <h2 id={titleId}>{title}</h2>
        {children}
        {problem && <ProblemNotice problem={problem} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{text.dialog.cancel}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} disabled={busy}>
            {busy && <Spinner />}
            {act}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
