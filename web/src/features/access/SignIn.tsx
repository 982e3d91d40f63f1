/** The way in for somebody without a one-time link. */

import { useId, useState, type SyntheticEvent } from 'react';
import { signIn } from '../../api/access';
import { problemFrom, type Problem } from '../../api/problem';
import type { Principal } from '../../api/types';
import { useText } from '../../i18n';
import { Button, Notice, Spinner } from '../../ui/controls';
import { ProblemNotice } from '../../ui/ProblemNotice';
import './SignIn.css';

/** The one-time link's door sends the browser here with `?link=spent`. */
const cameBySpentLink = (): boolean => new URLSearchParams(window.location.search).get('link') === 'spent';

export function SignIn({ onSignedIn }: { onSignedIn: (principal: Principal) => void }) {
  const text = useText();
  const titleId = useId();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const enter = (principal: Principal): void => {
    // The link's fate is told once, not again after signing out.
    window.history.replaceState(null, '', window.location.pathname + window.location.hash);
    onSignedIn(principal);
  };

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    signIn(email, password)
      .then(enter, (thrown: unknown) => setProblem(problemFrom(thrown)))
      .finally(() => setBusy(false));
  };

  return (
    <main className="sign-in">
      <form onSubmit={submit} aria-labelledby={titleId}>
        <img src="./icon.svg" alt="" width="44" height="44" />
        <div>
          <h1 id={titleId}>{text.brand}</h1>
          <p className="sign-in-lead">{text.access.lead}</p>
        </div>
        {cameBySpentLink() && <Notice tone="warn">{text.access.linkSpent}</Notice>}
        <label className="field">
          <span>{text.access.email}</span>
          <input
            className="input"
            type="email"
            name="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        <label className="field">
          <span>{text.access.password}</span>
          <input
            className="input"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        {problem?.status === 401 && (
          <Notice tone="bad">
            <p>{text.access.wrong}</p>
          </Notice>
        )}
        {problem && problem.status !== 401 && <ProblemNotice problem={problem} />}
        <Button type="submit" look="primary" disabled={busy}>
          {busy && <Spinner />}
          {busy ? text.access.signingIn : text.access.signIn}
        </Button>
        <p className="sign-in-hint">{text.access.hint}</p>
      </form>
    </main>
  );
}
