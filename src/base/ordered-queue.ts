/** Owns: a queue of any length of which each step costs the same. */

/** So many places stay empty at the front before what is left moves up. */
const emptyPlacesMin = 64;

/** What comes in an order, all but a little, and leaves by the front. */
export class OrderedQueue<T> {
  readonly #orderOf: (item: T) => number;
  #items: T[] = [];
  #firstPlace = 0;

  /** Items of the same order stay in that in which they were added. */
  constructor(orderOf: (item: T) => number) {
    this.#orderOf = orderOf;
  }

  get first(): T | undefined {
    return this.#items[this.#firstPlace];
  }

  add(item: T): void {
    const order = this.#orderOf(item);
    let place = this.#items.length;
    for (; place > this.#firstPlace; place -= 1) {
      const before = this.#items[place - 1];
      if (before === undefined || this.#orderOf(before) <= order) break;
    }
    this.#items.splice(place, 0, item);
  }

  removeFirst(): void {
    if (this.#firstPlace === this.#items.length) return;
    this.#firstPlace += 1;
    // What was removed is let go of, at the price of one move per item.
    const left = this.#items.length - this.#firstPlace;
    if (left > 0 && (this.#firstPlace < emptyPlacesMin || this.#firstPlace < left)) return;
    this.#items = this.#items.slice(this.#firstPlace);
    this.#firstPlace = 0;
  }
}
