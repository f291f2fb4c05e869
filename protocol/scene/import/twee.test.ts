import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkStory } from "../check/check.ts";
import { sceneLimits } from "../limits.ts";
import { SceneBody } from "../scene.ts";
import { play, read as imported } from "./testing.ts";
import { importTwee } from "./twee.ts";

const read = (text: string) => imported(importTwee(text, "en"));

const forest = String.raw`A word before all passages.
:: StoryTitle
The forest

:: StoryData
{ "ifid": "D674C58C-DEFA-4F70-B7A2-27742230C0FC", "format": "SugarCube", "start": "An edge of a wood" }

:: Look [script]
window.alert("no")

:: Style [stylesheet]
body { color: red }

:: StoryInit
<<set $coins to 3>><<set $name to "Ada">>

:: An edge of a wood [dark first] {"position":"600,400","size":"100,200"}
Hello $name, you have $coins coins and a <b>bag</b>.<script>alert(1)</script>
[[Into the wood->Wood {north}]] or [[Hut<-Knock]] or [[River|River][$coins to $coins - 1]] or [[Hut]] or [[Nowhere]]

:: Wood \{north\}
<<set $coins += 2>>$coins coins.
<<if $coins gt 4>>Rich.<</if>>
[[An edge of a wood]]

:: Hut
Nobody is at home.

:: River
$coins left.
`;

describe("a Twee file", () => {
  const { title, story, notes } = read(forest);

  test("becomes a scene that plays: links are choices, what they set is set, and passages without links end", () => {
    expect(title).toBe("The forest");
    const begun = play(story);
    expect(begun.view.caption).toBe("Hello Ada, you have 3 coins and a bag.alert(1)\nInto the wood or Knock or River or Hut or Nowhere");
    expect(begun.view.choices.map(({ text }) => text)).toEqual(["Into the wood", "Knock", "River", "Hut"]);
    expect(play(story, "Into the wood").view.caption).toBe("5 coins.\nRich.");
    expect(play(story, "Into the wood", "An edge of a wood").view.caption).toContain("you have 5 coins");
    expect(play(story, "River").view.caption).toBe("2 left.");
    expect(play(story, "Knock", null).view.ending).toMatchObject({ kind: "end", name: "end" });
  });

  test("keeps where passages stand, and tells what was left out", () => {
    expect(story.scenes[0]!.body.nodes[0]).toMatchObject({ title: "An edge of a wood", x: 1344, y: 1088 });
    expect(notes).toEqual([
      '"Look" is code of the story format and was left out.',
      '"Style" is code of the story format and was left out.',
      '"An edge of a wood" links to "Nowhere", which is not there.',
      'What "Wood {north}" does beside telling was left out, its words were kept.',
    ]);
  });

  test("is sound but for its media", () => {
    expect(new Set(checkStory(story).map(({ code }) => code))).toEqual(new Set(["no_media"]));
  });
});

test("passages that stand beside and below one another in Twine do so as nodes, none on another, the end among them", () => {
  const at = (x: number, y: number) => `{"position":"${x},${y}","size":"100,100"}`;
  const { story } = read(
    `:: Start ${at(0, 0)}\n<<set $a to 1>>[[b]] [[c]]\n:: b ${at(125, 0)}\n:: c ${at(0, 125)}\nBye.\n:: d ${at(999_999, 999_999)}`,
  );
  const { nodes } = story.scenes[0]!.body;
  const boxes = nodes.map(({ x, y, type }) => ({ x, y, right: x + 208, bottom: y + (type === "video" ? 160 : 64) }));
  const apart = (a: (typeof boxes)[number], b: (typeof boxes)[number]) =>
    a.right < b.x || b.right < a.x || a.bottom < b.y || b.bottom < a.y;
  expect(boxes.flatMap((a, at) => boxes.slice(at + 1).flatMap((b) => (apart(a, b) ? [] : [[a, b]])))).toEqual([]);
});

test("what links say is told where they stand in a sentence, and not where they are a list", () => {
  const { story } = read(
    ":: Start\n<<set $a to 1>>\nYou can [[go in->In]] or [[wait]].\n\n* [[Leave->In]]\n[[Sleep->wait]]\n:: In\n:: wait",
  );
  const { view } = play(story);
  expect(view.caption).toBe("You can go in or wait.");
  expect(view.choices.map(({ text }) => text)).toEqual(["go in", "wait", "Leave", "Sleep"]);
});

test("names that every object answers to become names that are none of those", () => {
  const { story } = read(":: Start\n<<set $constructor to 1>><<set $__proto__ to true>>$constructor $__proto__");
  expect(story.scenes[0]!.body.variables.map(({ name }) => name)).toEqual(["v_constructor", "v___proto__"]);
  expect(play(story).view.caption).toBe("1 true");
});

const setting = (count: number): string =>
  `:: Start\n${Array.from({ length: count }, (_, at) => `<<set $${"long_".repeat(12)}${at} to ${at}>>`).join("")}`;

test("names that only differ where they are too long are told apart", () => {
  const { story } = read(setting(sceneLimits.declared));
  const names = story.scenes[0]!.body.variables.map(({ name }) => name);
  expect(new Set(names).size).toBe(sceneLimits.declared);
});

test("comments are left out, and what is begun as one and never closed is text", () => {
  const { story } = read(":: Start\nA<!-- b -->c/% d <!-- %/e --> f/* g */h /*/ i");
  expect(play(story).view.caption).toBe("Ace --> fh /*/ i");
  const many = "/* /% <!-- ".repeat(200_000);
  expect(play(read(`:: Start\n${many}`).story).view.caption).toBe(many.slice(0, sceneLimits.text));
});

test.each([
  ["spaces in a macro that is never closed", `(set:${" ".repeat(7_000_000)}x`],
  ["values with spaces in them", `<<set $a to 1${" ".repeat(480)}x>>`.repeat(14_000)],
])("%s are read in no more time than any text of that length", (_, hostile) => {
  /** Of this process, ms. */
  const spent = (text: string): number => {
    const before = process.cpuUsage();
    importTwee(`:: Start\n${text}`, "en");
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  expect(spent(hostile)).toBeLessThan(300 + 3 * spent("<<set $a to 1>> word ".repeat(Math.ceil(hostile.length / 21))));
});

test("space around what is set is passed over", () => {
  expect(play(read(":: Start\n(set:  $a   to  1 )<<set\t$b\n=  'x y'  ,  $c to true ;  $a +=  2  >>$a $b $c").story).view.caption).toBe(
    "3 x y true",
  );
});

test.each([
  ["nothing", ""],
  ["a text without passages", "Hello"],
  ["code alone", ":: x [script]\nalert(1)"],
  ["more variables than a scene has", setting(sceneLimits.declared + 1)],
  ["too many passages", Array.from({ length: 3000 }, (_, at) => `:: p${at}\n`).join("\n")],
])("%s is refused", (_, text) => expect(importTwee(text, "en").ok).toBe(false));

test("whatever is in a file, it becomes a scene or is refused", () => {
  const word = fc.constantFrom(
    ":: ",
    "\n:: a",
    "\n:: b [x y]",
    "[[",
    "]]",
    "a",
    "b",
    "->",
    "|",
    "<-",
    "][",
    "$a",
    "<<set $a to ",
    "1",
    '"x"',
    ">>",
    "(set: $a to 2)",
    "{",
    "}",
    "\\",
    "\n",
    " ",
    "<b>",
    "__proto__",
  );
  const text = fc
    .array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: fc.string() }), { maxLength: 60 })
    .map((words) => `:: a\n${words.join("")}`);
  fc.assert(
    fc.property(text, (given) => {
      const answer = importTwee(given, "en");
      if (!answer.ok) {
        expect(answer.issues.length).toBeGreaterThan(0);
        return;
      }
      const { body } = answer.story.scenes[0]!;
      expect(SceneBody.parse(JSON.parse(JSON.stringify(body)))).toEqual(body);
      expect(
        checkStory(answer.story)
          .filter(({ severity }) => severity === "error")
          .map(({ code }) => code),
      ).toEqual(expect.not.arrayContaining(["dead_end", "edge_kind", "undeclared"]));
    }),
    { numRuns: 300 },
  );
});
