/** Commands by the order in which they arrived. */
export class CommandOrder {
  readonly #sequences = new Map<string, number>();
  #ids: string[] = [];
  #isSorted = true;

  /** What is known already keeps its place. */
  add(id: string, sequence: number): void {
    if (this.#sequences.has(id)) return;
    this.#isSorted &&= (this.#sequences.get(this.#ids.at(-1) ?? '') ?? -1) < sequence;
    this.#sequences.set(id, sequence);
    this.#ids.push(id);
  }

  remove(id: string): void {
    this.#sequences.delete(id);
  }

  /** Newest first. @param sequence to begin below; from the newest without one */
  *before(sequence = Infinity): Generator<string> {
    const ids = this.#sorted();
    for (let at = this.#firstFrom(ids, sequence) - 1; at >= 0; at--) {
      const id = ids[at] as string;
      if (this.#sequences.has(id)) yield id;
    }
  }

  /** What was loaded comes in no order; removed ids leave when it is sorted anew. */
  #sorted(): readonly string[] {
    if (!this.#isSorted || this.#ids.length > 2 * this.#sequences.size) {
      this.#ids = [...this.#sequences].sort(([, a], [, b]) => a - b).map(([id]) => id);
      this.#isSorted = true;
    }
    return this.#ids;
  }

  /** Index of the first id that does not come before the sequence number, by bisection. */
  #firstFrom(ids: readonly string[], sequence: number): number {
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sequenceAt(ids, middle) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Of a removed id, that of the next one that is left. */
  #sequenceAt(ids: readonly string[], index: number): number {
    for (let at = index; at < ids.length; at++) {
      const sequence = this.#sequences.get(ids[at] as string);
      if (sequence !== undefined) return sequence;
    }
    return Infinity;
  }
}
