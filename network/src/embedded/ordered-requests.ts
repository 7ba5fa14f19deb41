/** As many as an orderer under SmartBFT knows. */
const REMEMBERED = 1_000;

/** The requests ordered last: an orderer takes none of them again until it has forgotten them or is started anew. */
export class OrderedRequests {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > REMEMBERED && oldest !== undefined) this.#ids.delete(oldest);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}
