// Who else has the scene open, and what they look at: heard from the topic of its editors, and told to it. Nothing of it is kept: who is not
// heard of any more is gone.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { EditorPlace, EditorWord } from "#protocol/scene.ts";
import type { Client } from "#web/store/client.ts";
import { newKey } from "#protocol/client/key.ts";

export interface Other {
  /** One window of theirs. */
  readonly editor: string;
  /** Told apart from that of each other window. */
  readonly name: string;
  /** The same in one or a few characters. */
  readonly mark: string;
  /** 0–7, the same in all windows. */
  readonly colour: number;
  readonly at: EditorPlace;
}

interface Others {
  /** In the order in which they came. */
  readonly all: Accessor<ReadonlyArray<Other>>;
  /** Who came or left last, in a sentence. */
  readonly news: Accessor<string>;
  /** Tells them, if there are any, what is looked at here. */
  readonly look: (at: EditorPlace) => void;
}

/** Between two words, ms: a pointer is followed well enough with that. */
const breath = 60;
/** Who has not been heard of for so long is gone, ms; everybody says something at least each `pulse`, of which a hidden window makes a minute. */
const longestSilence = 150_000;
const pulse = 20_000;
/** That are shown. */
const most = 32;
const colours = 8;

const colourOf = (editor: string): number => [...editor].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 8191, 7) % colours;

/** What a window of somebody is called beside the others: from the second of the same name on with a number. */
const calledBeside = (name: string, others: ReadonlyArray<Other>): Pick<Other, "name" | "mark"> => {
  const taken = new Set(others.map((other) => other.name));
  const called = (number: number) => (number === 1 ? name : `${name} (${number})`);
  let number = 1;
  while (taken.has(called(number))) number += 1;
  return { name: called(number), mark: `${name.slice(0, 1).toUpperCase()}${number === 1 ? "" : number}` };
};

export const createOthers = (client: Client, id: string, userId: Accessor<string>): Others => {
  const editor = newKey();
  const [all, setAll] = createSignal<ReadonlyArray<Other>>([]);
  const [news, setNews] = createSignal("");
  const heardAt = new Map<string, number>();
  let place: EditorPlace = { cursor: null, nodes: [], selected: 0, edge: null };
  let due = false;
  let hello = false;
  let calling = false;
  let rest: ReturnType<typeof setTimeout> | null = null;

  const speak = () => {
    if (!due || calling || rest !== null) return;
    const greets = hello;
    due = false;
    hello = false;
    calling = true;
    rest = setTimeout(() => {
      rest = null;
      speak();
    }, breath);
    const told = () => {
      calling = false;
      speak();
    };
    // What could not be told is old by the time it could be: when the connection is back, it begins with a greeting.
    client.call("scenes.here", { id, editor, hello: greets, at: place }).then(told, told);
  };
  const say = () => {
    due = true;
    speak();
  };
  const greet = () => {
    hello = true;
    say();
  };

  const leave = (gone: ReadonlyArray<string>) => {
    const left = all().filter((other) => gone.includes(other.editor));
    if (left.length === 0) return;
    for (const other of left) heardAt.delete(other.editor);
    setAll((now) => now.filter((other) => !left.includes(other)));
    setNews(`${left.map(({ name }) => name).join(", ")} left.`);
  };
  const hear = (word: EditorWord) => {
    if (word.editor === editor) {
      // A connection that was lost ends late, after this window has come back on another: it is here still.
      if (word.say === "gone") say();
      return;
    }
    if (word.say === "gone") {
      leave([word.editor]);
      return;
    }
    const known = all().find((other) => other.editor === word.editor);
    if (known === undefined && all().length >= most) return;
    const isOwn = word.userId === userId();
    const { name, mark } = known ?? calledBeside(isOwn ? "You, elsewhere" : word.name, all());
    const other: Other = { editor: word.editor, name, mark, colour: colourOf(word.editor), at: word.at };
    heardAt.set(word.editor, performance.now());
    setAll((now) => (known === undefined ? [...now, other] : now.map((one) => (one === known ? other : one))));
    if (known === undefined) setNews(`${name} ${isOwn ? "are" : "is"} here, too.`);
    if (word.hello) say();
  };

  const stop = client.follow(
    "scenes.editors",
    { id, editor },
    {
      snapshot: greet,
      deltas: (words) => words.forEach(hear),
      stale: (isStale) => {
        heardAt.clear();
        setAll([]);
        if (!isStale) greet();
      },
    },
  );
  const beat = setInterval(() => {
    const now = performance.now();
    leave([...heardAt].flatMap(([other, at]) => (now - at > longestSilence ? [other] : [])));
    if (all().length > 0) say();
  }, pulse);
  onCleanup(() => {
    stop();
    clearInterval(beat);
    if (rest !== null) clearTimeout(rest);
    // Nothing more is said.
    calling = true;
  });

  return {
    all,
    news,
    look: (at) => {
      place = at;
      if (all().length > 0) say();
    },
  };
};
