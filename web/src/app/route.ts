/** Where the reader is: `#/ask/<knowledge base>` or `#/documents/<knowledge base>`. */

import { useSyncExternalStore } from 'react';

export type View = 'ask' | 'documents';

export interface Route {
  view: View;
  knowledgeBaseId: string | null;
}

export function routeOf(hash: string): Route {
  const [, view, id] = hash.replace(/^#/, '').split('/');
  return {
    view: view === 'documents' ? 'documents' : 'ask',
    knowledgeBaseId: id ? decodeURIComponent(id) : null,
  };
}

export function hrefOf(view: View, knowledgeBaseId: string | null): string {
  return knowledgeBaseId === null ? `#/${view}` : `#/${view}/${encodeURIComponent(knowledgeBaseId)}`;
}

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => window.location.hash));
}
