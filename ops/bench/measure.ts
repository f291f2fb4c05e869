// How things are compared on a machine that others load too: every contender in every round, in another order each time, then the
// median over the rounds. Ratios are taken within a round, where both sides had the same machine.

/** What one run gave, by name of the figure. */
export type Sample = Readonly<Record<string, number>>;

export interface Contender<S extends Sample> {
  readonly name: string;
  readonly run: (round: number) => Promise<S>;
}

/** NaN for none. Of an even number: the middle between the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export class Rounds<S extends Sample> {
  readonly #samples: ReadonlyMap<string, ReadonlyArray<S>>;

  /** The samples of each contender, by round. */
  constructor(samples: ReadonlyMap<string, ReadonlyArray<S>>) {
    this.#samples = samples;
  }

  #of(name: string): ReadonlyArray<S> {
    const samples = this.#samples.get(name);
    if (samples === undefined) throw new Error(`Nothing was measured of ${name}.`);
    return samples;
  }

  has(name: string): boolean {
    return this.#samples.has(name);
  }

  median(name: string, figure: keyof S & string): number {
    return median(this.#of(name).map((sample) => sample[figure]!));
  }

  /** How many times the figure of `to`: the median of the rounds' ratios. */
  ratio(name: string, to: string, figure: keyof S & string): number {
    const others = this.#of(to);
    return median(this.#of(name).map((sample, round) => sample[figure]! / others[round]![figure]!));
  }
}

/** Which comes first moves on by one each round. */
export const rotated = <T>(list: ReadonlyArray<T>, by: number): ReadonlyArray<T> => {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
};

/** Runs all contenders one after the other, so many times; never two at once. `begun`: told of each round, from 1. */
export const interleaved = async <S extends Sample>(
  contenders: ReadonlyArray<Contender<S>>,
  rounds: number,
  begun: (round: number) => void = () => {},
): Promise<Rounds<S>> => {
  const samples = new Map<string, Array<S>>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    begun(round + 1);
    for (const { name, run } of rotated(contenders, round)) samples.get(name)!.push(await run(round));
  }
  return new Rounds(samples);
};
