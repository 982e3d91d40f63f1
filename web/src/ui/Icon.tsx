/** The page's icons: strokes in the text's colour, drawn for it, decorative unless a button names them. */

const shapes = {
  ask: 'M4 5h16v11H10l-5 4v-4H4z',
  documents: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7',
  retry: 'M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5',
  replace: 'M4 8h13l-3-3M20 16H7l3 3',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  plus: 'M12 5v14M5 12h14',
  upload: 'M12 16V4M7 9l5-5 5 5M4 16v4h16v-4',
  folder: 'M3 6h7l2 2h9v11H3z',
  alert: 'M12 8v5M12 16.5v.5M12 3l10 18H2z',
  about: 'M12 11v6M12 7.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  out: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  open: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  down: 'M7 10l5 5 5-5',
  light:
    'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  dark: 'M20 14a8 8 0 0 1-10-10 8.5 8.5 0 1 0 10 10z',
  system: 'M3 5h18v11H3zM9 20h6M12 16v4',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path
        d={shapes[name]}
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
