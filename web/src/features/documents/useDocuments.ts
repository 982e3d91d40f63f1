/** The list of a knowledge base's documents, page by page, kept fresh while something in it is being worked on. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { documents } from '../../api/knowledge';
import { problemFrom, type Problem } from '../../api/problem';
import type { DocumentItem } from '../../api/types';

interface Listed {
  knowledgeBaseId: string;
  items: readonly DocumentItem[];
  cursor: string | null;
  /** When it was loaded, in milliseconds since 1970. */
  at: number;
}

export interface Documents {
  items: readonly DocumentItem[] | null;
  at: number;
  hasMore: boolean;
  problem: Problem | null;
  reload: () => void;
  more: () => void;
}

/** Loads pages until there are at least `wanted` items or no more. */
async function load(knowledgeBaseId: string, wanted: number): Promise<Listed> {
  const items: DocumentItem[] = [];
  let cursor: string | null = null;
  do {
    const page = await documents(knowledgeBaseId, cursor);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < wanted);
  return { knowledgeBaseId, items, cursor, at: Date.now() };
}

export function useDocuments(knowledgeBaseId: string): Documents {
  const [listed, setListed] = useState<Listed | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const wanted = useRef(1);
  const round = useRef(0);

  const reload = useCallback(() => {
    round.current += 1;
    const mine = round.current;
    load(knowledgeBaseId, wanted.current).then(
      (fresh) => {
        if (mine !== round.current) return;
        setListed(fresh);
        setProblem(null);
      },
      (thrown: unknown) => mine === round.current && setProblem(problemFrom(thrown)),
    );
  }, [knowledgeBaseId]);

  useEffect(() => {
    wanted.current = 1;
    reload();
    return () => {
      round.current += 1;
    };
  }, [reload]);

  const current = listed?.knowledgeBaseId === knowledgeBaseId ? listed : null;
  const length = current?.items.length ?? 0;
  const more = useCallback(() => {
    wanted.current = length + 1;
    reload();
  }, [length, reload]);

  return {
    items: current?.items ?? null,
    at: current?.at ?? 0,
    hasMore: Boolean(current?.cursor),
    problem,
    reload,
    more,
  };
}
