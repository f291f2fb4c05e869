// Figures of the running program in the text format of Prometheus. Counting is adding to a number: Effect's own metrics cost 40 to 200 ns
// each, and their exporter loads an HTTP server. Labels come from closed sets, so that nobody's input makes series without end.
import { Context, Layer } from "effect";

type Labels = Readonly<Record<string, string>>;
type MetricType = "counter" | "gauge" | "histogram";

interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

interface Family {
  readonly type: MetricType;
  readonly help: string;
  /** Lines without the name: suffix, labels, value. */
  readonly lines: () => Iterable<readonly [suffix: string, labels: Labels | undefined, value: number]>;
}

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
const secondsBounds: ReadonlyArray<number> = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const nameForm = /^pixsim_[a-z][a-z0-9_]*$/;
const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const labelsText = (labels: Labels | undefined): string => {
  const entries = Object.entries(labels ?? {});
  return entries.length === 0 ? "" : `{${entries.map(([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`).join(",")}}`;
};

class Registry {
  readonly #families = new Map<string, Family>();

  #add(name: string, family: Family): void {
    if (!nameForm.test(name)) throw new Error(`A metric is named pixsim_…, not ${name}.`);
    if (this.#families.has(name)) throw new Error(`There is a metric ${name} already.`);
    this.#families.set(name, family);
  }

  readonly counter = (name: string, help: string): Counter => {
    const counter = new Counter();
    this.collect(name, "counter", help, () => [counter]);
    return counter;
  };

  readonly histogram = (name: string, help: string, bounds: ReadonlyArray<number> = secondsBounds): Histogram => {
    const histogram = new Histogram(bounds);
    this.#add(name, { type: "histogram", help, lines: () => histogram.lines() });
    return histogram;
  };

  /** Figures that are counted elsewhere; read when somebody asks. One that throws is left out. */
  readonly collect = (name: string, type: "counter" | "gauge", help: string, read: () => Iterable<Sample>): void => {
    this.#add(name, {
      type,
      help,
      *lines() {
        for (const { labels, value } of read()) yield ["", labels, value];
      },
    });
  };

  readonly render = (): string => {
    let text = "";
    for (const [name, { type, help, lines }] of this.#families) {
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

export class Metrics extends Context.Service<Metrics, Registry>()("pixsim/runtime/Metrics") {
  static readonly layer = Layer.sync(Metrics, () => new Registry());
}
