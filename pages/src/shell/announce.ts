/** Says a change to those who do not see it, through the live region of the document. */
export function announce(text: string): void {
  const region = document.getElementById('announcements');
  if (region && region.textContent !== text) region.textContent = text;
}
