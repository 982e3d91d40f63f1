/** Light or dark: the system's choice unless the reader chose. */

import { useEffect, useState } from 'react';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const STORED = 'zhida.theme';

function firstTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  return themes.find((theme) => theme === stored) ?? 'system';
}

/** The theme and what sets it. Use it once, at the top. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(firstTheme);

  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(STORED, theme);
  }, [theme]);

  return [theme, setTheme];
}
