/** The imports of this visit. They live above the views, so that leaving the documents does not stop them. */

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { retryDocument, submit, type NamedFile } from '../../api/knowledge';
import { problemFrom, wasAborted, type Problem } from '../../api/problem';
import type { Batch } from '../../api/types';
import { inRequests } from './collectFiles';
import { watchBatch } from './followBatch';
import { newImport, withAccepted, withBatch, withRejected, withRetried, type Import } from './imports';

export interface Imports {
  imports: readonly Import[];
  start: (knowledgeBaseId: string, files: readonly NamedFile[]) => void;
  /** Tries failed documents of an import again. */
  retry: (one: Import, documentIds: readonly string[]) => void;
  dismiss: (id: number) => void;
}

/** The server looked at these files and refused them all; the next ones may still be welcome. */
const isAboutTheFiles = ({ status }: Problem): boolean =>
  status >= 400 && status < 500 && ![401, 403, 404].includes(status);

export function useImports(): Imports {
  const [imports, setImports] = useState<readonly Import[]>([]);
  const lastId = useRef(0);
  const leaving = useRef(new AbortController());

  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);

  const change = useCallback((id: number, next: (one: Import) => Import) => {
    setImports((all) => all.map((one) => (one.id === id ? next(one) : one)));
  }, []);

  const watch = useCallback(
    (id: number, batchId: string) => {
      void watchBatch(batchId, leaving.current.signal, (batch) => change(id, (one) => withBatch(one, batch)));
    },
    [change],
  );

  const start = useCallback(
    (knowledgeBaseId: string, files: readonly NamedFile[]) => {
      lastId.current += 1;
      const id = lastId.current;
      const { signal } = leaving.current;
      setImports((all) => [newImport(id, knowledgeBaseId, files.length), ...all]);

      const sendAll = async (): Promise<void> => {
        for (const request of inRequests(files)) {
          try {
            const accepted = await submit(knowledgeBaseId, request, signal);
            change(id, (one) => withAccepted(one, accepted, request.length));
            watch(id, accepted.batch_id);
          } catch (thrown) {
            if (wasAborted(thrown)) return;
            const problem = problemFrom(thrown);
            const names = request.map(({ name }) => name);
            change(id, (one) =>
              isAboutTheFiles(problem) ? withRejected(one, names, problem) : { ...one, problem },
            );
            if (!isAboutTheFiles(problem)) return;
          }
        }
      };
      void sendAll();
    },
    [change, watch],
  );

  const retry = useCallback(
    (one: Import, documentIds: readonly string[]) => {
      const ids = new Set(documentIds);
      const touched = (batch: Batch): boolean => batch.documents.some((document) => ids.has(document.id));
      const retryAll = async (): Promise<void> => {
        try {
          for (const documentId of documentIds) await retryDocument(documentId);
        } catch (thrown) {
          const problem = problemFrom(thrown);
          change(one.id, (current) => ({ ...current, problem }));
          return;
        }
        for (const batch of one.batches.filter(touched)) {
          change(one.id, (current) => withBatch(current, withRetried(batch, ids)));
          watch(one.id, batch.id);
        }
      };
      void retryAll();
    },
    [change, watch],
  );

  const dismiss = useCallback((id: number) => setImports((all) => all.filter((one) => one.id !== id)), []);

  return useMemo(() => ({ imports, start, retry, dismiss }), [imports, start, retry, dismiss]);
}
