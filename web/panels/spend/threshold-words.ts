// At which amounts of a budget something happens, in words. Pure.
import { formatAmount } from "#protocol/price.ts";
import type { Budget } from "#protocol/spend.ts";

export const thresholdWords = ({ warnAt, pauseAt, stopAt, type }: Budget): string =>
  [
    ...(warnAt === null ? [] : [`warns at ${formatAmount(warnAt, type)}`]),
    ...(pauseAt === null ? [] : [`jobs wait at ${formatAmount(pauseAt, type)}`]),
    ...(stopAt === null ? [] : [`jobs are refused at ${formatAmount(stopAt, type)}`]),
  ].join(", ");
