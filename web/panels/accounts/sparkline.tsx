// What was left of an account's credits, as a small line that ends in what is left now.
import { createMemo, createResource, Show, type Component } from "solid-js";
import type { Account } from "#protocol/account.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { brought } from "#web/store/brought.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatMoment } from "#web/ui/format.ts";
import { sparkPath, sparkSize } from "./spark.ts";

export const CreditsLine: Component<{ readonly account: Account }> = (props) => {
  const { client } = useWorkspace();
  // One that cannot be read is no line: what is left stands beside it in figures.
  const [earlier] = createResource(
    () => props.account.id,
    (id) =>
      client.call("accounts.balances", { id }).then(
        ({ balances }) => balances,
        () => [],
      ),
  );
  const points = createMemo(() => {
    const { credits, lastUsedAt } = props.account;
    const known = brought(earlier) ?? [];
    return credits === null
      ? known
      : [...known, { amount: credits.amount, at: Math.max(credits.at, lastUsedAt ?? 0, known.at(-1)?.at ?? 0) }];
  });
  const path = createMemo(() => sparkPath(points()));
  const words = () => {
    const first = points()[0];
    const now = props.account.credits;
    return first === undefined || now === null
      ? "Credits over time"
      : `${formatAmount(first.amount, now.type)} on ${formatMoment(first.at, Date.now())}, ${formatPrice(now.amount, now.type)} now`;
  };
  return (
    <Show when={path()}>
      {(line) => (
        <svg
          class="account-spark"
          role="img"
          aria-label={words()}
          viewBox={`0 0 ${sparkSize.width} ${sparkSize.height}`}
          preserveAspectRatio="none"
        >
          <title>{words()}</title>
          <path d={line()} />
        </svg>
      )}
    </Show>
  );
};
