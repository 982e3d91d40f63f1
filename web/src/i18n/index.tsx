/** Which words does the page speak? The browser's language at first, the reader's choice afterwards. */

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import { en, type Messages } from './en';
import { zh } from './zh';

export type { Messages } from './en';
export type LanguageCode = 'en' | 'zh';

export const languages: Readonly<Record<LanguageCode, Messages>> = { en, zh };

const STORED = 'zhida.language';
const TAGS: Readonly<Record<LanguageCode, string>> = { en: 'en', zh: 'zh-CN' };

/** The first language of the browser that the page speaks. */
export function languageOf(preferred: readonly string[]): LanguageCode {
  const known = preferred
    .map((tag) => tag.toLowerCase().slice(0, 2))
    .find((tag) => tag === 'zh' || tag === 'en');
  return known ?? 'en';
}

function firstLanguage(): LanguageCode {
  const stored = localStorage.getItem(STORED);
  return stored === 'zh' || stored === 'en' ? stored : languageOf(navigator.languages);
}

interface Speech {
  language: LanguageCode;
  tag: string;
  text: Messages;
  speak: (language: LanguageCode) => void;
}

const SpeechContext = createContext<Speech | null>(null);

export function SpeechProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);

  useEffect(() => {
    document.documentElement.lang = TAGS[language];
  }, [language]);

  const speech = useMemo<Speech>(
    () => ({
      language,
      tag: TAGS[language],
      text: languages[language],
      speak: (chosen) => {
        localStorage.setItem(STORED, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = use(SpeechContext);
  if (!speech) throw new Error('useSpeech needs a SpeechProvider above it.');
  return speech;
}

/** The words of the current language. */
export function useText(): Messages {
  return useSpeech().text;
}
