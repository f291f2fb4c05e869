// Entry of the pool's threads: runs a function of a module and answers what came of it.
import type { Answer } from "./pool.ts";

interface Order {
  /** URL. */
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

export default async ({ module, name, input }: Order): Promise<Answer> => {
  try {
    const { [name]: run } = (await import(module)) as Readonly<Record<string, (input: unknown) => unknown>>;
    if (run === undefined) throw new Error(`${module} exports no "${name}"`);
    return { value: await run(input) };
  } catch (error) {
    const { message, stack, code } = error as NodeJS.ErrnoException;
    return { error: { message: message ?? String(error), stack, code } };
  }
};
