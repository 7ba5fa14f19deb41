/** Hands the reader a file made in the browser. */
export function saveText(name: string, text: string, mediaType: string): void {
  save(name, new Blob([text], { type: mediaType }));
}

export function saveBytes(name: string, bytes: Uint8Array): void {
  save(name, new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' }));
}

function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
