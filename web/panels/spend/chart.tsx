// A bar for each day: what was charged, in front of what was estimated.
import { createMemo, For, type Component } from "solid-js";
import { formatPrice } from "#web/ui/price.ts";
import { tip } from "#web/ui/tooltip.tsx";
import { dayWords, type DaySum } from "./sums.ts";

interface ChartProps {
  readonly days: ReadonlyArray<DaySum>;
  readonly type: string | null;
}

/** In units of the view box, which is stretched to the place there is. */
const pitch = 10;
const gap = 2;
const height = 100;
/** What is not nothing is seen. */
const least = 1.5;

export const SpendChart: Component<ChartProps> = (props) => {
  const most = createMemo(() => Math.max(...props.days.map(({ estimated, charged }) => Math.max(estimated, charged)), 0));
  const heightOf = (amount: number) => (amount <= 0 || most() === 0 ? 0 : Math.max((amount / most()) * height, least));
  const total = () => props.days.reduce((sum, { charged }) => sum + charged, 0);
  const words = ({ day, charged, estimated }: DaySum) =>
    `${dayWords(day)}: ${formatPrice(charged, props.type)} charged, ${formatPrice(estimated, props.type)} estimated`;
  return (
    <figure class="spend-chart">
      <svg
        viewBox={`0 0 ${props.days.length * pitch} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Spend by day: ${formatPrice(total(), props.type)} charged in ${props.days.length} days, at most ${formatPrice(most(), props.type)} a day`}
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
      </svg>
      <figcaption>
        <span>{dayWords(props.days[0]?.day ?? "")}</span>
        <span class="spend-legend">
          <i class="spend-mark" data-of="charged" /> charged <i class="spend-mark" data-of="estimated" /> estimated
        </span>
        <span>{dayWords(props.days.at(-1)?.day ?? "")}</span>
      </figcaption>
    </figure>
  );
};
