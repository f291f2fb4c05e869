import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedIn, formatAmount, formatPrice, priceUnit, writtenIn } from "./price.ts";

describe("a price in words", () => {
  it.each([
    [1200, "credits", "1,200 credits"],
    [1, "credits", "1 credit"],
    [1, "USD", "1 USD"],
    [0.35, "USD", "0.35 USD"],
    [0.00421, "USD", "0.0042 USD"],
    [0, null, "0 credits"],
    [320, "USD cents", "$3.20"],
    [123_456, "USD cents", "$1,234.56"],
    [302.4, "USD cents", "$3.024"],
    [0, "USD cents", "$0.00"],
  ])("%d %s reads %s", (amount, type, words) => expect(formatPrice(amount, type)).toBe(words));

  it("has no more digits than matter", () => {
    expect(formatAmount(12.3456, null)).toBe("12.35");
    expect(formatAmount(12.5, "USD cents")).toBe("$0.125");
  });
});

it("what a person writes is counted to the hundredth and comes back as it was written", () => {
  expect(priceUnit("USD cents").name).toBe("US dollars");
  expect(countedIn(0.29, "USD cents")).toBe(29);
  expect(countedIn(7, "credits")).toBe(7);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom("USD cents", "credits", null), (hundredths, type) => {
      const counted = hundredths / 100;
      expect(countedIn(writtenIn(counted, type), type)).toBe(counted);
    }),
  );
});
