// A binary heap: what comes first is at hand.

export class Heap<T> {
  readonly #items: Array<T> = [];
  readonly #at: (item: T) => number;

  /** `at`: what comes first has the least. */
  constructor(at: (item: T) => number) {
    this.#at = at;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    const at = this.#at(item);
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(items[parent]!) <= at) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    const at = this.#at(last);
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#at(items[child + 1]!) < this.#at(items[child]!)) child++;
      if (this.#at(items[child]!) >= at) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
    return top;
  }
}
