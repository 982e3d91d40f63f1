/** Sizes and times as people of the reader's language write them. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

export function formatSize(bytes: number, tag: string): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(tag, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

const SPANS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "3 minutes ago"; a date for what is older than a week. */
export function formatTime(at: string, tag: string, now: number): string {
  const time = new Date(at);
  const seconds = (now - time.getTime()) / 1000;
  if (seconds > 7 * 86_400) return new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }).format(time);
  const span = SPANS.find(([, length]) => seconds >= length);
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' });
  return span ? format.format(-Math.floor(seconds / span[1]), span[0]) : format.format(0, 'minute');
}
