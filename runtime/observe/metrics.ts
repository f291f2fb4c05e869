// Figures of the running program in the text format of Prometheus. Counting is adding to a number: Effect's own metrics cost 40 to 200 ns
// each, and their exporter loads an HTTP server. Labels come from closed sets, so that nobody's input makes series without end.
import { Context, Effect, Layer } from "effect";
import { catalogue, type MetricName, type MetricSpec } from "./catalogue.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** Lines of one metric without its name: suffix, labels, value. */
type Lines = () => Iterable<readonly [suffix: string, labels: Labels | undefined, value: number]>;

class Counter {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }
}

export class Histogram {
  readonly #bounds: ReadonlyArray<number>;
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: ReadonlyArray<number>) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** Observations so far. */
  get count(): number {
    return this.#counts.reduce((all, count) => all + count, 0);
  }

  *lines(): Iterable<readonly [string, Labels | undefined, number]> {
    let below = 0;
    for (const [index, bound] of this.#bounds.entries()) {
      below += this.#counts[index]!;
      yield ["_bucket", { le: String(bound) }, below];
    }
    below += this.#counts[this.#bounds.length]!;
    yield ["_bucket", { le: "+Inf" }, below];
    yield ["_sum", undefined, this.#sum];
    yield ["_count", undefined, below];
  }
}

/** Bounds in seconds for what takes from a fraction of a millisecond to some seconds. */
export const secondsBounds: ReadonlyArray<number> = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const nameForm = /^pixsim_[a-z][a-z0-9_]*$/;
const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const labelsText = (labels: Labels | undefined): string => {
  const entries = Object.entries(labels ?? {});
  return entries.length === 0 ? "" : `{${entries.map(([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`).join(",")}}`;
};

/** What must be asked for before the figures are read; it may not hold them up for longer. */
const refreshTimeout = "1 second";

export class Registry<Name extends string> {
  readonly #specs: Readonly<Record<Name, MetricSpec>>;
  readonly #families = new Map<Name, Lines>();
  readonly #refreshes: Array<Effect.Effect<unknown>> = [];

  /** Throws where a name is not pixsim_… */
  constructor(specs: Readonly<Record<Name, MetricSpec>>) {
    for (const name in specs) if (!nameForm.test(name)) throw new Error(`A metric is named pixsim_…, not ${name}.`);
    this.#specs = specs;
  }

  #add(name: Name, lines: Lines): void {
    if (this.#families.has(name)) throw new Error(`There is a metric ${name} already.`);
    this.#families.set(name, lines);
  }

  readonly counter = (name: Name): Counter => {
    const counter = new Counter();
    this.collect(name, () => [counter]);
    return counter;
  };

  /** `histogram`: one that is filled already. */
  readonly histogram = (name: Name, histogram: Histogram = new Histogram(secondsBounds)): Histogram => {
    this.#add(name, () => histogram.lines());
    return histogram;
  };

  /** Figures that are counted elsewhere; read when somebody asks. One that throws is left out. */
  readonly collect = (name: Name, read: () => Iterable<Sample>): void => {
    this.#add(name, function* () {
      for (const { labels, value } of read()) yield ["", labels, value];
    });
  };

  /** Run each time before the figures are read: for what has to be asked of others. */
  readonly refresh = (effect: Effect.Effect<unknown>): void => void this.#refreshes.push(effect);

  get names(): ReadonlyArray<Name> {
    return [...this.#families.keys()];
  }

  /** All figures as of now. */
  readonly scrape: Effect.Effect<string> = Effect.suspend(() =>
    Effect.map(
      Effect.forEach(this.#refreshes, (effect) => Effect.ignoreCause(Effect.timeoutOption(effect, refreshTimeout)), {
        concurrency: "unbounded",
        discard: true,
      }),
      () => this.render(),
    ),
  );

  readonly render = (): string => {
    let text = "";
    for (const [name, lines] of this.#families) {
      const { type, help } = this.#specs[name];
      let family = `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${type}\n`;
      try {
        for (const [suffix, labels, value] of lines()) family += `${name}${suffix}${labelsText(labels)} ${value}\n`;
      } catch {
        // The others are still worth knowing.
        continue;
      }
      text += family;
    }
    return text;
  };
}

export class Metrics extends Context.Service<Metrics, Registry<MetricName>>()("pixsim/runtime/Metrics") {
  static readonly layer = Layer.sync(Metrics, () => new Registry(catalogue));
}
