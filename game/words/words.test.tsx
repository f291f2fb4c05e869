import { render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CallError, errorCatalogue } from "#protocol/wire/errors.ts";
import { Hud } from "../player/hud.tsx";
import { catalogue, Problem, sentenceOf, speechFor, spokenLanguages } from "./catalogue.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { Speaking, useSpeech } from "./speech.tsx";

afterEach(() => {
  document.body.replaceChildren();
  document.documentElement.removeAttribute("lang");
  vi.unstubAllGlobals();
});

/** Each message by its place; what is said of something is said of this. */
const messages = (part: unknown, place = ""): ReadonlyArray<readonly [string, string]> => {
  if (typeof part === "string") return [[place, part]];
  if (typeof part === "function") return [[place, String((part as (...given: ReadonlyArray<number>) => string)(3, 4))]];
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, inner]) => messages(inner, `${place}/${name}`));
};

describe.each(spokenLanguages)("%s", (language) => {
  const said = messages(catalogue[language]);

  test("says something everywhere, with all that it is given", () => {
    expect(said.filter(([place, text]) => !place.endsWith("/byKeys") && (text.trim() === "" || /undefined|NaN|#/.test(text)))).toEqual([]);
    const given = messages(en).flatMap(([place, text]) => (/\d/.test(text) ? [place] : []));
    expect(given.filter((place) => !/\d/.test(said.find(([other]) => other === place)?.[1] ?? ""))).toEqual([]);
  });

  test("counts one and many apart", () => {
    const { places, spoken } = catalogue[language];
    for (const counted of [places.underWay, spoken.choices, spoken.seconds]) {
      expect(counted(1)).not.toBe(counted(2).replace("2", "1"));
    }
  });

  test("knows what each refusal of a server means, or leaves it the server's words", () => {
    const { refusals } = catalogue[language];
    expect(refusals === null ? language : Object.keys(refusals).toSorted()).toEqual(
      refusals === null ? "en" : Object.keys(errorCatalogue).toSorted(),
    );
  });
});

test("whoever wants none of the languages is spoken to in English, and times are written as they are where somebody lives", () => {
  expect(speechFor(["fr", "it"])).toMatchObject({ language: "en", locale: "en" });
  expect(speechFor(["fr", "de-AT", "en"])).toMatchObject({ language: "de", locale: "de-AT", words: de });
  expect(speechFor([])).toMatchObject({ language: "en" });
});

test("numbers, things that are counted and times of the day are written as in the language", () => {
  expect([en.settings.times(1.25), de.settings.times(1.25)]).toEqual(["1.25 ×", "1,25 ×"]);
  expect([1, 2, 1200].map(de.places.underWay)).toEqual(["Unterwegs, 1 Schritt", "Unterwegs, 2 Schritte", "Unterwegs, 1.200 Schritte"]);
  expect([en.hud.time(1500), de.hud.time(1439)]).toEqual(["Day 2, 01:00", "Tag 1, 23:59"]);
});

test("what went wrong is said in the language, and what a server says in English is said by its code in others", () => {
  const tooMany = new Problem(({ savesFull }) => savesFull(20));
  expect([tooMany.message, sentenceOf(tooMany, de)]).toEqual([
    en.problems.savesFull(20),
    "Es ist Platz für 20 Spielstände: Lösche zuerst einen.",
  ]);
  const busy = new CallError("overloaded", "The inbox is full.");
  expect([sentenceOf(busy, en), sentenceOf(busy, de)]).toEqual(["The inbox is full.", de.refusals!.overloaded]);
  const wrapped = new Error(busy.message, { cause: busy });
  expect([sentenceOf(wrapped, en), sentenceOf(wrapped, de)]).toEqual(["The inbox is full.", de.refusals!.overloaded]);
  const full = (quota: string) => sentenceOf(new CallError("quota_exceeded", "You have made 30 links.", { quota, limit: 30 }), de);
  expect([full("linksOfDay"), full("playthroughs")]).toEqual([de.limits?.linksOfDay, "Mehr passt nicht: Lösche zuerst etwas."]);
  expect(full("linksOfDay")).toContain("morgen");
  expect(full("connections")).toContain("Schließe zuerst andere Fenster");
  expect(full("subscriptions")).toContain("Lade sie neu");
  expect(sentenceOf(new CallError("quota_exceeded", "You have made 30 links.", { quota: "linksOfDay", limit: 30 }), en)).toBe(
    "You have made 30 links.",
  );
  expect(sentenceOf(new CallError("of_tomorrow" as never, "Not yet known here."), de)).toBe("Not yet known here.");
  expect([sentenceOf(new Error("Odd."), de), sentenceOf("odd", de)]).toEqual(["Odd.", "odd"]);
});

const Opening = () => <p>{useSpeech()().words.opening}</p>;

test("the page is in the language that was chosen, else in the browser's, and says which", () => {
  vi.stubGlobal("navigator", { language: "fr", languages: ["fr", "de-CH", "en"] });
  const [chosen, setChosen] = createSignal<string | null>(null);
  render(() => (
    <Speaking language={chosen()}>
      <Opening />
      <Hud
        hud={{
          items: [],
          quests: [{ name: "q", title: "Find the door", status: "completed", objectives: {} }],
          relationships: [{ name: "ada", title: "Ada", tier: "closeFriend" }],
          minutes: 60,
        }}
      />
    </Speaking>
  ));
  const shown = () => [
    document.documentElement.lang,
    screen.getByText(/…$/).textContent,
    screen.getByRole("complementary").getAttribute("aria-label"),
    ...screen.getAllByRole("list").map((list) => `${list.getAttribute("aria-label")}: ${list.textContent}`),
  ];
  const german = ["de", de.opening, "Stand", "Aufgaben: Find the doorerledigt", "Personen: Adaeng befreundet"];
  expect(shown()).toEqual(german);
  setChosen("en");
  expect(shown()).toEqual(["en", en.opening, "Status", "Quests: Find the doorcompleted", "People: Adaclose friend"]);
  setChosen("es");
  expect(shown()).toEqual(german);
});
