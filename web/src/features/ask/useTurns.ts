/** The questions of this visit: asking, streaming, stopping. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../../api/ask';
import { problemFrom, wasAborted } from '../../api/problem';
import { advance, fail, newTurn, stop as stopped, type Turn } from './turns';

export interface Turns {
  turns: readonly Turn[];
  ask: (question: string, knowledgeBase: Turn['knowledgeBase']) => void;
  stop: () => void;
}

export function useTurns(): Turns {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const running = useRef<AbortController | null>(null);
  const lastId = useRef(0);

  const change = useCallback((id: number, next: (turn: Turn) => Turn) => {
    setTurns((all) => all.map((turn) => (turn.id === id ? next(turn) : turn)));
  }, []);

  const stop = useCallback(() => running.current?.abort(), []);

  const begin = useCallback(
    (question: string, knowledgeBase: Turn['knowledgeBase']) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      lastId.current += 1;
      const id = lastId.current;
      setTurns((all) => [...all, newTurn(id, question, knowledgeBase)]);

      const follow = async (): Promise<void> => {
        try {
          const events = ask({ question, knowledgeBaseId: knowledgeBase.id, signal: controller.signal });
          for await (const event of events) change(id, (turn) => advance(turn, event));
        } catch (thrown) {
          if (wasAborted(thrown) || controller.signal.aborted) change(id, stopped);
          else change(id, (turn) => fail(turn, problemFrom(thrown)));
        }
      };
      void follow();
    },
    [change],
  );

  useEffect(() => stop, [stop]);

  return { turns, ask: begin, stop };
}
