/** What a knowledge base holds, what is being added to it, and what went wrong. */

import { useCallback, useEffect, useMemo, useState } from 'react';
import { deleteDocument, replaceDocument, retryDocument, type NamedFile } from '../../api/knowledge';
import { problemFrom, type Problem } from '../../api/problem';
import type { KnowledgeBase, Models } from '../../api/types';
import { useText } from '../../i18n';
import { Blank, Button, Notice, Waiting } from '../../ui/controls';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/Icon';
import { ProblemNotice } from '../../ui/ProblemNotice';
import { ChineseAdvice } from '../ask/ChineseAdvice';
import { hasHan } from '../ask/turns';
import type { SourceTarget } from '../source/highlight';
import { DocumentRow, type DocumentActs } from './DocumentRow';
import './DocumentsView.css';
import { DropZone } from './DropZone';
import { ImportReport } from './ImportReport';
import { isUnfinished, progressOf, withLiveStates, type Import, type LiveDocument } from './imports';
import { useDocuments, type Documents } from './useDocuments';
import type { Imports } from './useImports';

const REFRESH_MS = 2000;

interface DocumentsViewProps {
  knowledgeBase: KnowledgeBase;
  models: Models | null;
  editable: boolean;
  imports: Imports;
  onOpen: (target: SourceTarget) => void;
  /** Something was added, removed or finished: the counts elsewhere are out of date. */
  onChanged: () => void;
  onCreate: () => void;
  onRemove: () => void;
}

/** Changes whenever an import of this knowledge base got new rows or finished. */
const stepOf = (imports: readonly Import[]): string =>
  imports.map((one) => `${one.id}:${one.batches.length}:${String(progressOf(one).done)}`).join(' ');

/** Loads the list again when imports move on, and now and then while somebody else's work is unfinished. */
function useFreshness(
  documents: Documents,
  live: readonly LiveDocument[],
  imports: readonly Import[],
  onChanged: () => void,
) {
  const { reload } = documents;
  const step = stepOf(imports);
  const unfinished = live.some(isUnfinished);

  useEffect(() => {
    if (step === '') return;
    reload();
    onChanged();
  }, [step, reload, onChanged]);

  useEffect(() => {
    if (!unfinished) return undefined;
    const timer = setInterval(reload, REFRESH_MS);
    return () => {
      clearInterval(timer);
      onChanged();
    };
  }, [unfinished, reload, onChanged]);
}

function useActs(
  onOpen: (target: SourceTarget) => void,
  changed: () => void,
  onRemove: DocumentActs['onRemove'],
) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const acts = useMemo<DocumentActs>(() => {
    const act = (work: Promise<void>): void => {
      work.then(
        () => {
          setProblem(null);
          changed();
        },
        (thrown: unknown) => setProblem(problemFrom(thrown)),
      );
    };
    return {
      onOpen: ({ id, name }) => onOpen({ documentId: id, name, marker: null, location: null, quote: null }),
      onRetry: ({ id }) => act(retryDocument(id)),
      onReplace: ({ id }, file) => act(replaceDocument(id, file)),
      onRemove,
    };
  }, [onOpen, changed, onRemove]);
  return { acts, problem };
}

function Head({
  knowledgeBase,
  editable,
  onCreate,
  onRemove,
}: Omit<DocumentsViewProps, 'imports' | 'models' | 'onOpen' | 'onChanged'>) {
  const text = useText();
  return (
    <header className="documents-head">
      <div>
        <h1>{knowledgeBase.name}</h1>
        <p>{text.documents.summary(knowledgeBase.ready_count, knowledgeBase.document_count)}</p>
      </div>
      {editable && (
        <span className="documents-acts">
          <Button small onClick={onCreate}>
            <Icon name="plus" size={16} />
            {text.knowledge.create}
          </Button>
          <Button small look="quiet" onClick={onRemove}>
            <Icon name="remove" size={16} />
            {text.knowledge.remove}
          </Button>
        </span>
      )}
    </header>
  );
}

interface ListProps {
  documents: Documents;
  live: readonly LiveDocument[];
  editable: boolean;
  acts: DocumentActs;
}

function List({ documents, live, editable, acts }: ListProps) {
  const text = useText();
  if (documents.items === null) {
    if (documents.problem) return <ProblemNotice problem={documents.problem} again={documents.reload} />;
    return <Waiting>{text.loading}</Waiting>;
  }
  if (live.length === 0)
    return (
      <Blank icon="documents" title={text.documents.empty}>
        <p>{editable ? text.documents.emptyLead : text.documents.emptyReader}</p>
      </Blank>
    );
  return (
    <>
      <ul className="document-list" aria-label={text.documents.list}>
        {live.map((item) => (
          <DocumentRow key={item.id} item={item} editable={editable} now={documents.at} {...acts} />
        ))}
      </ul>
      {documents.hasMore && <Button onClick={documents.more}>{text.documents.more}</Button>}
    </>
  );
}

export function DocumentsView(props: DocumentsViewProps) {
  const { knowledgeBase, models, editable, imports, onOpen, onChanged } = props;
  const text = useText();
  const documents = useDocuments(knowledgeBase.id);
  const [removing, setRemoving] = useState<LiveDocument | null>(null);
  const [nothing, setNothing] = useState(false);

  const mine = imports.imports.filter(({ knowledgeBaseId }) => knowledgeBaseId === knowledgeBase.id);
  const live = withLiveStates(documents.items ?? [], mine);
  useFreshness(documents, live, mine, onChanged);

  const { reload } = documents;
  const changed = useCallback(() => {
    reload();
    onChanged();
  }, [reload, onChanged]);
  const { acts, problem } = useActs(onOpen, changed, setRemoving);

  const add = (files: readonly NamedFile[]): void => {
    setNothing(files.length === 0);
    if (files.length > 0) imports.start(knowledgeBase.id, files);
  };

  const remove = async (): Promise<void> => {
    if (removing) await deleteDocument(removing.id);
    changed();
  };

  const body = (
    <>
      {nothing && <Notice tone="warn">{text.documents.nothing}</Notice>}
      {mine.map((one) => (
        <ImportReport key={one.id} one={one} onRetry={imports.retry} onDismiss={imports.dismiss} />
      ))}
      <ChineseAdvice
        models={models}
        chinese={live.some(({ name }) => hasHan(name)) || hasHan(knowledgeBase.name)}
      />
      {problem && <ProblemNotice problem={problem} />}
      <List documents={documents} live={live} editable={editable} acts={acts} />
    </>
  );

  return (
    <div className="documents">
      <div className="documents-column">
        <Head {...props} />
        {editable ? <DropZone onFiles={add}>{body}</DropZone> : body}
      </div>
      {removing && (
        <Dialog
          title={text.documents.removeTitle(removing.name)}
          act={text.documents.remove}
          danger
          onAct={remove}
          onClose={() => setRemoving(null)}
        >
          <p>{text.documents.removeLead}</p>
        </Dialog>
      )}
    </div>
  );
}
