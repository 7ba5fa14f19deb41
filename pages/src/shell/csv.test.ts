import { countRows, nextCursor, withoutHeader } from './csv';

describe('a CSV read page by page', () => {
  it('finds the next page in the header Link', () => {
    expect(nextCursor('</v1/blocks/datachain?format=csv&cursor=abc_-1>; rel="next"')).toBe('abc_-1');
    expect(nextCursor('</v1/x>; rel="first"')).toBeUndefined();
    expect(nextCursor(null)).toBeUndefined();
  });

  it('drops the header line of every page but the first', () => {
    expect(withoutHeader('a,b\r\n1,2\r\n')).toBe('1,2\r\n');
    expect(withoutHeader('a,b\r\n')).toBe('');
  });

  it('counts records, not lines', () => {
    expect(countRows('a,b\r\n1,"x\r\ny"\r\n2,"say ""hi""\r\n"\r\n') - 1).toBe(2);
  });
});
