/** Who is signed in, and back to nobody as soon as the server says so. */

import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { me, signOut } from '../../api/access';
import { signedOut } from '../../api/http';
import { problemFrom, type Problem } from '../../api/problem';
import type { Principal } from '../../api/types';

export type SignedIn =
  | { state: 'loading' }
  | { state: 'unknown'; problem: Problem }
  | { state: 'nobody' }
  | { state: 'somebody'; principal: Principal };

interface Access {
  signedIn: SignedIn;
  enter: (principal: Principal) => void;
  leave: () => void;
  again: () => void;
}

export function usePrincipal(): Access {
  const [signedIn, setSignedIn] = useState<SignedIn>({ state: 'loading' });
  const [round, setRound] = useState(0);
  const refusals = useSyncExternalStore(signedOut.subscribe, signedOut.get);
  const [seenRefusals, setSeenRefusals] = useState(refusals);

  if (refusals !== seenRefusals) {
    setSeenRefusals(refusals);
    setSignedIn({ state: 'nobody' });
  }

  useEffect(() => {
    me().then(
      (principal) => setSignedIn(principal ? { state: 'somebody', principal } : { state: 'nobody' }),
      (thrown: unknown) => setSignedIn({ state: 'unknown', problem: problemFrom(thrown) }),
    );
  }, [round]);

  const enter = useCallback((principal: Principal) => setSignedIn({ state: 'somebody', principal }), []);
  const again = useCallback(() => {
    setSignedIn({ state: 'loading' });
    setRound((count) => count + 1);
  }, []);
  const leave = useCallback(() => {
    signOut().then(
      () => setSignedIn({ state: 'nobody' }),
      (thrown: unknown) => setSignedIn({ state: 'unknown', problem: problemFrom(thrown) }),
    );
  }, []);

  return { signedIn, enter, leave, again };
}
