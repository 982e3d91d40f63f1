/** Something loaded from the server: waiting, there, or failed; it stays on screen while it is loaded again. */

import { useCallback, useEffect, useState } from 'react';
import { problemFrom, type Problem } from '../api/problem';

export interface Resource<Value> {
  value: Value | null;
  problem: Problem | null;
  /** Loads it again; what is there stays until the new value comes. */
  reload: () => void;
}

interface Loaded<Value> {
  load: () => Promise<Value>;
  value: Value | null;
  problem: Problem | null;
}

/** `load` must be stable (useCallback or a module's function): a new one drops the value and starts over. */
export function useResource<Value>(load: () => Promise<Value>): Resource<Value> {
  const [loaded, setLoaded] = useState<Loaded<Value>>({ load, value: null, problem: null });
  const [round, setRound] = useState(0);

  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setLoaded({ load, value, problem: null }),
      (thrown: unknown) => {
        if (!current) return;
        setLoaded((before) => ({
          load,
          value: before.load === load ? before.value : null,
          problem: problemFrom(thrown),
        }));
      },
    );
    return () => {
      current = false;
    };
  }, [load, round]);

  const reload = useCallback(() => setRound((count) => count + 1), []);
  const fresh = loaded.load === load;
  return { value: fresh ? loaded.value : null, problem: fresh ? loaded.problem : null, reload };
}
