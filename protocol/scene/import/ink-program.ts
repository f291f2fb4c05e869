// The program of a compiled ink story: containers in one another, with items in them, and the paths by which they name each other. Pure.
import { maxDepth } from "../../wire/codec.ts";

/** Of a path: up to the root and down again, as deep as a file nests. */
const mostParts = 2 * maxDepth + 2;

export interface Container {
  readonly parent: Container | null;
  /** Among the contents of its parent; null: it has a name there, and is come to by that alone. */
  readonly at: number | null;
  /** Empty: it is one of the contents. */
  readonly name: string;
  readonly content: Array<Item>;
  readonly named: Map<string, Container>;
}
export type Fields = Readonly<Record<string, unknown>>;
type Item = { readonly container: Container } | { readonly leaf: string | number | boolean | Fields | null };
export interface Place {
  readonly container: Container;
  readonly at: number;
}

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** The last of the list has what has a name, and what the container itself is called. */
const containerOf = (list: ReadonlyArray<unknown>, parent: Container | null, at: number | null, name: string): Container => {
  const container: Container = { parent, at, name, content: [], named: new Map() };
  for (const [index, value] of list.slice(0, -1).entries()) {
    if (!Array.isArray(value)) container.content.push({ leaf: value as string | number | boolean | Fields | null });
    else {
      const inner = containerOf(value, container, index, "");
      container.content.push({ container: inner });
      const inside = fieldsOf(value.at(-1))["#n"];
      if (typeof inside === "string") container.named.set(inside, inner);
    }
  }
  for (const [called, value] of Object.entries(fieldsOf(list.at(-1)))) {
    if (Array.isArray(value)) container.named.set(called, containerOf(value, container, null, called));
  }
  return container;
};

/** The program as containers in one another. */
export const programOf = (root: ReadonlyArray<unknown>): Container => containerOf(root, null, null, "");

/** Paths that begin with a dot are seen from the item that has them. Undefined: there is nothing. */
export const resolved = (path: string, from: Place): Place | undefined => {
  const parts = path.split(".", mostParts + 1);
  if (parts.length > mostParts) return undefined;
  let place: Place | undefined;
  if (parts[0] === "") {
    if (parts[1] !== "^") return undefined;
    place = { container: from.container, at: 0 };
    parts.splice(0, 2);
  } else {
    let { container } = from;
    while (container.parent !== null) container = container.parent;
    place = { container, at: 0 };
  }
  for (const part of parts) {
    const here: Container = place.container;
    if (part === "^") {
      if (here.parent === null) return undefined;
      place = { container: here.parent, at: 0 };
    } else if (/^\d{1,6}$/.test(part)) {
      const item: Item | undefined = here.content[Number(part)];
      if (item === undefined) return undefined;
      place = "container" in item ? { container: item.container, at: 0 } : { container: here, at: Number(part) };
    } else {
      const inner = here.named.get(part);
      if (inner === undefined) return undefined;
      place = { container: inner, at: 0 };
    }
  }
  return place;
};
