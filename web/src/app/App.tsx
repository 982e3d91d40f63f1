/** The page: signed in or not, then two views over one knowledge base. */

import { useSyncExternalStore } from 'react';
import { waiting } from '../api/http';
import { SignIn } from '../features/access/SignIn';
import { usePrincipal } from '../features/access/usePrincipal';
import { useText } from '../i18n';
import { Spinner, Waiting } from '../ui/controls';
import { ProblemNotice } from '../ui/ProblemNotice';
import { useTheme } from '../ui/theme';
import './App.css';
import { Preferences } from './Header';
import { Workplace } from './Workplace';

/** Stands over everything while the server asks for patience. */
function Patience() {
  const text = useText();
  const seconds = useSyncExternalStore(waiting.subscribe, waiting.get);
  return (
    <div className="patience" role="status">
      {seconds !== null && (
        <p>
          <Spinner />
          {text.errors.waiting(seconds)}
        </p>
      )}
    </div>
  );
}

function Inside() {
  const text = useText();
  const { signedIn, enter, leave, again } = usePrincipal();
  const [theme, setTheme] = useTheme();

  switch (signedIn.state) {
    case 'loading':
      return (
        <main className="lone">
          <Waiting>{text.loading}</Waiting>
        </main>
      );
    case 'unknown':
      return (
        <main className="lone">
          <ProblemNotice problem={signedIn.problem} again={again} />
        </main>
      );
    case 'nobody':
      return (
        <>
          <div className="corner">
            <Preferences theme={theme} setTheme={setTheme} />
          </div>
          <SignIn onSignedIn={enter} />
        </>
      );
    case 'somebody':
      return (
        <Workplace
          key={signedIn.principal.id}
          principal={signedIn.principal}
          onLeave={leave}
          theme={theme}
          setTheme={setTheme}
        />
      );
  }
}

export function App() {
  return (
    <>
      <Inside />
      <Patience />
    </>
  );
}
