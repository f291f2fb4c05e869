// How numbers, and things that are counted, are written in a language. Pure.

export interface Forms {
  readonly number: (value: number) => string;
  /** `#` stands for the number. What has no form of its own takes `other`. */
  readonly counted: (count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }) => string;
  /** A time of the day. */
  readonly clock: (minutes: number) => string;
}

export const formsOf = (language: string): Forms => {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
  return {
    number: (value) => numbers.format(value),
    counted: (count, forms) => (forms[rules.select(count)] ?? forms.other).replaceAll("#", numbers.format(count)),
    clock: (minutes) => clock.format(minutes * 60_000),
  };
};
