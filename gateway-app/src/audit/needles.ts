/**
 * All the forms in which a text or bytes would betray themselves on a chain: as they are, as hex of either case, as
 * base64 (standard and URL alphabet) at each of its three alignments, as UTF-16 of either byte order.
 * @returns byte strings to look for, each once; forms under 6 bytes are left out, chance would find them
 */
export function needleForms(needle: string | Uint8Array): Buffer[] {
  const raw = Buffer.from(needle);
  const hex = raw.toString('hex');
  const forms = [raw, Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...base64Forms(raw)];
  if (typeof needle === 'string') {
    const utf16 = Buffer.from(needle, 'utf16le');
    forms.push(utf16, Buffer.from(utf16).swap16());
  }
  const unique = new Map(forms.map((form) => [form.toString('latin1'), form]));
  return [...unique.values()].filter(({ length }) => length >= SHORTEST);
}

const SHORTEST = 6;

/** Only the characters that the needle's bits decide alone: those at the ends share bits with what stands around it. */
function base64Forms(raw: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((before) => {
    const first = Math.ceil((8 * before) / 6);
    const end = Math.floor((8 * (before + raw.length)) / 6);
    const text = Buffer.concat([Buffer.alloc(before), raw])
      .toString('base64')
      .slice(first, end);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')].map((form) => Buffer.from(form));
  });
}
