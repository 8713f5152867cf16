/** Opens the extension's settings, at a view. For its own pages. */
export function openSettings(view?: 'models'): void {
  if (view === undefined) void chrome.runtime.openOptionsPage();
  else window.open(chrome.runtime.getURL(`options.html#${view}`));
}
