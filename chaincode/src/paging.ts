import { MAX_PAGE, ProtocolError } from '@chargecast/protocol';

export interface PageRequest {
  readonly pageSize: number;
  readonly bookmark: string;
}

const MAX_BOOKMARK = 1024;

/** Throws `E_ARGUMENTS` for a page size that is no whole number from 1 to MAX_PAGE, or an overlong bookmark. */
export function readPageRequest(pageSize: string, bookmark: string): PageRequest {
  const size = /^[1-9]\d{0,3}$/.test(pageSize) ? Number(pageSize) : 0;
  if (size < 1 || size > MAX_PAGE) {
    throw new ProtocolError('E_ARGUMENTS', `pageSize is a whole number from 1 to ${MAX_PAGE}`);
  }
  if (bookmark.length > MAX_BOOKMARK) {
    throw new ProtocolError('E_ARGUMENTS', 'bookmark is what the page before returned, or empty');
  }
  return { pageSize: size, bookmark };
}
