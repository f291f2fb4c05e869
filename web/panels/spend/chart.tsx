// A bar for each day: what was charged, in front of what was estimated; and a line for each budget of a day.
import { formatPrice } from "#protocol/price.ts";
import { createMemo, For, type Component } from "solid-js";
import { tip } from "#web/ui/tooltip.tsx";
import { dayWords, type DaySum } from "./sums.ts";

interface ChartProps {
  readonly days: ReadonlyArray<DaySum>;
  readonly type: string | null;
  /** Budgets of a day, in the same credits. */
  readonly limits: ReadonlyArray<number>;
}

/** In units of the view box, which is stretched to the place there is. */
const pitch = 10;
const gap = 2;
const height = 100;
/** What is not nothing is seen. */
const least = 1.5;

export const SpendChart: Component<ChartProps> = (props) => {
  const most = createMemo(() => Math.max(...props.days.map(({ estimated, charged }) => Math.max(estimated, charged)), 0));
  /** A budget far above what is spent does not flatten the bars. */
  const top = createMemo(() => Math.max(most(), ...props.limits.filter((limit) => limit <= 2 * most())));
  const drawn = () => props.limits.filter((limit) => limit <= top());
  const budgetWords = () => props.limits.map((limit) => `, budget of ${formatPrice(limit, props.type)} a day`).join("");
  const heightOf = (amount: number) => (amount <= 0 || top() === 0 ? 0 : Math.max((amount / top()) * height, least));
  const total = () => props.days.reduce((sum, { charged }) => sum + charged, 0);
  const words = ({ day, charged, estimated }: DaySum) =>
    `${dayWords(day)}: ${formatPrice(charged, props.type)} charged${estimated === 0 ? "" : `, ${formatPrice(estimated, props.type)} estimated`}`;
  return (
    <figure class="spend-chart">
      <svg
        viewBox={`0 0 ${props.days.length * pitch} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Spend by day: ${formatPrice(total(), props.type)} charged in ${props.days.length} days, at most ${formatPrice(most(), props.type)} a day${budgetWords()}`}
      >
        <For each={props.days}>
          {(day, index) => (
            <g {...tip(words(day))}>
              <rect class="spend-day" x={index() * pitch} y={0} width={pitch} height={height} />
              <rect
                class="spend-estimated"
                x={index() * pitch + gap / 2}
                y={height - heightOf(day.estimated)}
                width={pitch - gap}
                height={heightOf(day.estimated)}
              />
              <rect
                class="spend-charged"
                x={index() * pitch + gap / 2}
                y={height - heightOf(day.charged)}
                width={pitch - gap}
                height={heightOf(day.charged)}
              />
            </g>
          )}
        </For>
        <For each={drawn()}>
          {(limit) => (
            <line class="spend-limit" x1={0} x2={props.days.length * pitch} y1={height - heightOf(limit)} y2={height - heightOf(limit)} />
          )}
        </For>
      </svg>
      <figcaption>
        <span>{dayWords(props.days[0]?.day ?? "")}</span>
        <span class="spend-legend">
          <i class="spend-mark" data-of="charged" /> charged <i class="spend-mark" data-of="estimated" /> estimated
          {drawn().length > 0 ? (
            <>
              <i class="spend-mark" data-of="limit" /> budget
            </>
          ) : null}
        </span>
        <span>{dayWords(props.days.at(-1)?.day ?? "")}</span>
      </figcaption>
    </figure>
  );
};
