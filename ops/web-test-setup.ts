// A warning in the console of a web test fails it: a page that warns leaks, or is used wrongly.
import { afterEach, beforeEach, vi } from "vitest";

beforeEach(() => {
  vi.spyOn(console, "warn");
  vi.spyOn(console, "error");
});

afterEach(() => {
  const said = [console.warn, console.error].flatMap((each) => vi.mocked(each).mock.calls.map(String));
  vi.restoreAllMocks();
  if (said.length > 0) throw new Error(`the page complained in the console: ${said.join("\n")}`);
});
