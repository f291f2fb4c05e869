// Paid providers: those that make jobs on accounts, which pay for them.
import type { Providers } from "./index.ts";
import type { AccountSpec, Provider } from "./provider.ts";

type PaidProvider = Provider & { readonly account: AccountSpec };

const isPaid = (provider: Provider): provider is PaidProvider => provider.account !== null;

/** Those that are paid: all of them, or the one with this id. */
export const paidAt = ({ all }: Pick<Providers["Service"], "all">, id: string | null): ReadonlyArray<PaidProvider> =>
  all.filter(isPaid).filter((provider) => (id ?? provider.id) === provider.id);

/** What this provider counts in; null: nothing. */
export const creditTypeAt = ({ get }: Pick<Providers["Service"], "get">, id: string): string | null => get(id)?.account?.creditType ?? null;
