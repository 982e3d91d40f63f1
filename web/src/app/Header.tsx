/** The bar at the top: which knowledge base, which view, whose page, in which language and light. */

import type { KnowledgeBase, Principal } from '../api/types';
import { languages, useSpeech, type LanguageCode } from '../i18n';
import { IconButton, Select } from '../ui/controls';
import { Icon } from '../ui/Icon';
import { themes, type Theme } from '../ui/theme';
import './Header.css';
import { hrefOf, type View } from './route';

interface PreferencesProps {
  theme: Theme;
  setTheme: (theme: Theme) => void;
}

/** Two switches; each names what it will do, in words that its reader understands. */
export function Preferences({ theme, setTheme }: PreferencesProps) {
  const { language, text, speak } = useSpeech();
  const other: LanguageCode = language === 'zh' ? 'en' : 'zh';
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const { theme: label, themes: names } = text.preferences;
  return (
    <>
      <button
        type="button"
        className="button quiet language-switch"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => speak(other)}
      >
        {languages[other].name}
      </button>
      <IconButton icon={theme} label={`${label}: ${names[theme]}`} onClick={() => setTheme(next)} />
    </>
  );
}

interface HeaderProps extends PreferencesProps {
  principal: Principal;
  knowledgeBases: readonly KnowledgeBase[];
  knowledgeBase: KnowledgeBase | null;
  view: View;
  onLeave: () => void;
}

function Tab({ view, current, id }: { view: View; current: boolean; id: string | null }) {
  const { text } = useSpeech();
  return (
    <a className="tab" href={hrefOf(view, id)} aria-current={current ? 'page' : undefined}>
      <Icon name={view} />
      {text.nav[view]}
    </a>
  );
}

export function Header({
  principal,
  knowledgeBases,
  knowledgeBase,
  view,
  onLeave,
  ...preferences
}: HeaderProps) {
  const { text } = useSpeech();
  const id = knowledgeBase?.id ?? null;
  return (
    <header className="header">
      <a className="brand" href={hrefOf('ask', id)}>
        <img src="./icon.svg" alt="" width="28" height="28" />
        <span>{text.brand}</span>
      </a>
      {knowledgeBase && (
        <Select
          className="knowledge-choice"
          aria-label={text.knowledge.label}
          value={knowledgeBase.id}
          onChange={(event) => {
            window.location.hash = hrefOf(view, event.target.value);
          }}
        >
          {knowledgeBases.map(({ id: key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </Select>
      )}
      <nav className="tabs" aria-label={text.nav.main}>
        <Tab view="ask" current={view === 'ask'} id={id} />
        <Tab view="documents" current={view === 'documents'} id={id} />
      </nav>
      <div className="header-acts">
        <Preferences {...preferences} />
        <IconButton
          icon="out"
          label={text.access.signOut}
          hint={`${principal.name} (${text.access.roles[principal.role]}) · ${text.access.signOut}`}
          onClick={onLeave}
        />
      </div>
    </header>
  );
}
