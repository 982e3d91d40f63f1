/** Everything behind the sign-in screen: the bar, the chosen view, the source beside it. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { knowledgeBases as loadKnowledgeBases, models as loadModels } from '../api/knowledge';
import type { KnowledgeBase, Principal } from '../api/types';
import { AskView } from '../features/ask/AskView';
import { useTurns } from '../features/ask/useTurns';
import { DocumentsView } from '../features/documents/DocumentsView';
import { useImports } from '../features/documents/useImports';
import { CreateKnowledgeBase, RemoveKnowledgeBase } from '../features/knowledge/KnowledgeDialogs';
import { SourcePanel } from '../features/source/SourcePanel';
import type { SourceTarget } from '../features/source/highlight';
import { useText } from '../i18n';
import { Blank, Button, Waiting } from '../ui/controls';
import { ProblemNotice } from '../ui/ProblemNotice';
import type { Theme } from '../ui/theme';
import { useMedia } from '../ui/useMedia';
import { useResource, type Resource } from '../ui/useResource';
import { Header } from './Header';
import { hrefOf, useRoute, type View } from './route';
import './Workplace.css';

const STORED = 'zhida.knowledge_base';

/** The one in the address, else the last one used here, else the first. */
function chosen(all: readonly KnowledgeBase[], id: string | null): KnowledgeBase | null {
  const wanted = [id, localStorage.getItem(STORED)];
  for (const key of wanted) {
    const found = all.find((one) => one.id === key);
    if (found) return found;
  }
  return all[0] ?? null;
}

/** The source panel's target; closing gives the focus back to what opened it. */
function useSource() {
  const [target, setTarget] = useState<SourceTarget | null>(null);
  const opener = useRef<HTMLElement | null>(null);

  const open = useCallback((next: SourceTarget) => {
    opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    setTarget(next);
  }, []);

  const close = useCallback(() => {
    setTarget(null);
    // What opened it may be inert until the panel is gone from the page.
    requestAnimationFrame(() => opener.current?.focus());
  }, []);

  return { target, open, close };
}

interface ContentProps {
  bases: Resource<KnowledgeBase[]>;
  knowledgeBase: KnowledgeBase | null;
  editable: boolean;
  view: View;
  source: ReturnType<typeof useSource>;
  setDialog: (dialog: 'create' | 'remove') => void;
}

/** The chosen view over the chosen knowledge base, or why there is none. */
function Content({ bases, knowledgeBase, editable, view, source, setDialog }: ContentProps) {
  const text = useText();
  const models = useResource(loadModels);
  const turns = useTurns();
  const imports = useImports();

  if (bases.value === null) {
    if (bases.problem) return <ProblemNotice problem={bases.problem} again={bases.reload} />;
    return <Waiting>{text.loading}</Waiting>;
  }
  if (!knowledgeBase)
    return (
      <Blank icon="documents" title={text.knowledge.none}>
        <p>{editable ? text.knowledge.noneLead : text.knowledge.noneReader}</p>
        {editable && (
          <Button look="primary" onClick={() => setDialog('create')}>
            {text.knowledge.create}
          </Button>
        )}
      </Blank>
    );
  if (view === 'ask')
    return (
      <AskView
        knowledgeBase={knowledgeBase}
        models={models.value}
        turns={turns}
        openTarget={source.target}
        onOpen={source.open}
      />
    );
  return (
    <DocumentsView
      key={knowledgeBase.id}
      knowledgeBase={knowledgeBase}
      models={models.value}
      editable={editable}
      imports={imports}
      onOpen={source.open}
      onChanged={bases.reload}
      onCreate={() => setDialog('create')}
      onRemove={() => setDialog('remove')}
    />
  );
}

interface WorkplaceProps {
  principal: Principal;
  theme: Theme;
  setTheme: (theme: Theme) => void;
  onLeave: () => void;
}

export function Workplace({ principal, theme, setTheme, onLeave }: WorkplaceProps) {
  const text = useText();
  const route = useRoute();
  const bases = useResource(loadKnowledgeBases);
  const source = useSource();
  const narrow = useMedia('(width < 64rem)');
  const [dialog, setDialog] = useState<'create' | 'remove' | null>(null);

  const all = bases.value ?? [];
  const knowledgeBase = chosen(all, route.knowledgeBaseId);
  const knowledgeBaseId = knowledgeBase?.id;
  const editable = principal.role !== 'reader';
  const closeDialog = useCallback(() => setDialog(null), []);

  useEffect(() => {
    if (knowledgeBaseId) localStorage.setItem(STORED, knowledgeBaseId);
  }, [knowledgeBaseId]);

  useEffect(() => {
    document.title = knowledgeBase ? `${knowledgeBase.name} · ${text.brand}` : text.brand;
  }, [knowledgeBase, text]);

  const covered = narrow && source.target !== null;
  return (
    <div className="workplace">
      <div className="workplace-top" inert={covered}>
        <Header
          principal={principal}
          knowledgeBases={all}
          knowledgeBase={knowledgeBase}
          view={route.view}
          theme={theme}
          setTheme={setTheme}
          onLeave={onLeave}
        />
      </div>
      <div className={source.target ? 'workplace-body with-source' : 'workplace-body'}>
        <main inert={covered}>
          <Content
            bases={bases}
            knowledgeBase={knowledgeBase}
            editable={editable}
            view={route.view}
            source={source}
            setDialog={setDialog}
          />
        </main>
        {source.target && <SourcePanel target={source.target} covers={narrow} onClose={source.close} />}
      </div>
      {dialog === 'create' && (
        <CreateKnowledgeBase
          onClose={closeDialog}
          onCreated={(id) => {
            bases.reload();
            window.location.hash = hrefOf('documents', id);
          }}
        />
      )}
      {dialog === 'remove' && knowledgeBase && (
        <RemoveKnowledgeBase knowledgeBase={knowledgeBase} onClose={closeDialog} onRemoved={bases.reload} />
      )}
    </div>
  );
}
