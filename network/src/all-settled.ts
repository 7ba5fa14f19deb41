/** As `Promise.all`, but a failure is reported only when nothing is running on behind it. */
export async function allSettled<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
