// Amounts of what providers count in, in words. What is counted in hundredths of a currency is said in that currency. Pure.

/** The name where a provider has none of its own. */
export const anyCredits = "credits";

const amountFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
/** Small amounts keep the digits that count. */
const fineFormat = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
/** To the hundredth of a cent, as far as prices go. */
const dollarFormat = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 4 });

const isDollars = (type: string | null): boolean => type === "USD cents";

interface PriceUnit {
  readonly name: string;
  /** So much of what is counted is one of these. */
  readonly of: number;
}

/** What a person writes amounts in. */
export const priceUnit = (type: string | null): PriceUnit =>
  isDollars(type) ? { name: "US dollars", of: 100 } : { name: type ?? anyCredits, of: 1 };

/** As it is counted, of what a person has written; free of what a product of decimals leaves behind. */
export const countedIn = (written: number, type: string | null): number => Number((written * priceUnit(type).of).toFixed(4));
/** As a person writes it. */
export const writtenIn = (counted: number, type: string | null): number => counted / priceUnit(type).of;

/** `1,200`, `0.35`, `0.0042`; of USD cents `$3.20`. */
export const formatAmount = (amount: number, type: string | null): string => {
  if (isDollars(type)) return dollarFormat.format(writtenIn(amount, type));
  return (amount !== 0 && Math.abs(amount) < 0.1 ? fineFormat : amountFormat).format(amount);
};

/** `1,200 credits`, `1 credit`, `0.35 USD`; of USD cents `$3.20`. */
export const formatPrice = (amount: number, type: string | null): string => {
  const words = formatAmount(amount, type);
  if (isDollars(type)) return words;
  const name = type ?? anyCredits;
  return `${words} ${amount === 1 && name === anyCredits ? "credit" : name}`;
};
