/** Dotted numbers compared part by part; a missing part counts as 0. */
export function isSameOrLater(found: string, needed: string): boolean {
  const [a, b] = [found, needed].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
