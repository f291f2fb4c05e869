import { cleanup, render, screen } from "@solidjs/testing-library";
import { afterEach, expect, it } from "vitest";
import { NumberField } from "./text-field.tsx";

afterEach(cleanup);

it.each([
  [undefined, "decimal"],
  [0.1, "decimal"],
  [1, "numeric"],
])("a number in steps of %s is typed on keys that are %s", (step, keys) => {
  render(() => <NumberField label="Amount" step={step} value={null} onChange={() => undefined} />);
  expect(screen.getByLabelText("Amount").getAttribute("inputmode")).toBe(keys);
});
