import { href, parseRoute } from './route';

describe('routes', () => {
  it('come back as they were written', () => {
    const { path, query } = parseRoute(href(['sigma', 'a/b c', 7], { valid: 'no & never' }));
    expect(path).toEqual(['sigma', 'a/b c', '7']);
    expect(query.get('valid')).toBe('no & never');
  });

  it('are read though an encoding is broken', () => {
    expect(parseRoute('#/a%zz/b').path).toEqual(['a%zz', 'b']);
    expect(parseRoute('').path).toEqual([]);
  });
});
