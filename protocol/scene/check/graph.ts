// What can be said of a graph by its edges alone. Pure, linear, and without recursion: graphs may be as long as they like.

export type Graph = ReadonlyMap<string, ReadonlyArray<string>>;

/** All that can be come to from these, themselves too. */
export const reachedFrom = (starts: Iterable<string>, next: Graph): ReadonlySet<string> => {
  const reached = new Set(starts);
  const open = [...reached];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const to of next.get(node) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
};

export const reversed = (next: Graph): Graph => {
  const back = new Map<string, Array<string>>();
  for (const [from, targets] of next) {
    for (const to of targets) {
      const known = back.get(to);
      if (known === undefined) back.set(to, [from]);
      else known.push(from);
    }
  }
  return back;
};

/** Nodes that lead round to one another, each once; single nodes that lead to themselves too. Tarjan's algorithm. */
export const circlesIn = (nodes: Iterable<string>, next: Graph): ReadonlyArray<ReadonlyArray<string>> => {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: Array<string> = [];
  const within = new Set<string>();
  const circles: Array<ReadonlyArray<string>> = [];
  const come = (node: string): void => {
    low.set(node, index.size);
    index.set(node, index.size);
    stack.push(node);
    within.add(node);
  };
  for (const start of nodes) {
    if (index.has(start)) continue;
    come(start);
    const way: Array<{ readonly node: string; at: number }> = [{ node: start, at: 0 }];
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const { node } = here;
      const to = next.get(node)?.[here.at++];
      if (to === undefined) {
        way.pop();
        const before = way.at(-1);
        if (before !== undefined) low.set(before.node, Math.min(low.get(before.node)!, low.get(node)!));
        if (low.get(node) !== index.get(node)) continue;
        const circle = stack.splice(stack.lastIndexOf(node));
        for (const one of circle) within.delete(one);
        if (circle.length > 1 || (next.get(node) ?? []).includes(node)) circles.push(circle);
      } else if (!index.has(to)) {
        come(to);
        way.push({ node: to, at: 0 });
      } else if (within.has(to)) low.set(node, Math.min(low.get(node)!, index.get(to)!));
    }
  }
  return circles;
};
