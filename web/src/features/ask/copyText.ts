/** Puts text on the clipboard; true where it worked. Outside a secure context only the old way exists. */

export async function copyText(text: string): Promise<boolean> {
  try {
    if (window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // The browser refused (no focus, no permission): try the old way.
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way on plain http
  const worked = document.execCommand('copy');
  area.remove();
  return worked;
}
