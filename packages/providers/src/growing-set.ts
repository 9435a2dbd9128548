/**
 * A set that is made of another by adding a value to it, as cheaply as to a set of one's own, and leaves that other as it was.
 *
 * Those that grew out of each other share one map; the position of a value tells which of them have it. Only where two are made of the
 * same one does the second copy.
 */
export class GrowingSet<Value> {
  readonly #positions: Map<Value, number>;
  readonly #size: number;

  private constructor(positions: Map<Value, number>, size: number) {
    this.#positions = positions;
    this.#size = size;
  }

  static empty<Value>(): GrowingSet<Value> {
    return new GrowingSet(new Map(), 0);
  }

  has(value: Value): boolean {
    const position = this.#positions.get(value);
    return position !== undefined && position < this.#size;
  }

  with(value: Value): GrowingSet<Value> {
    if (this.has(value)) return this;
    const isNewest = this.#positions.size === this.#size;
    const positions = isNewest ? this.#positions : new Map([...this.#positions].slice(0, this.#size));
    return new GrowingSet(positions.set(value, this.#size), this.#size + 1);
  }
}
