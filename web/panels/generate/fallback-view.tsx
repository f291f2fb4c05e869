// "If this fails, try": other providers in order, and on which occasions.
import { Index, Show, type Component } from "solid-js";
import { fallbackLimits, type BatchEstimate, type ProviderSpec } from "#protocol/job.ts";
import { formatPrice } from "#protocol/price.ts";
import { Select, Several } from "#web/ui/choice.tsx";
import { NumberField } from "#web/ui/text-field.tsx";
import { minutesProblem, mostMinutes, occasions, occasionsProblem, type Elsewhere } from "./fallback.ts";

interface FallbackProps {
  /** Those that offer the operation, but for the form's own. */
  readonly providers: ReadonlyArray<ProviderSpec>;
  readonly elsewhere: Elsewhere;
  readonly onChange: (elsewhere: Elsewhere) => void;
  /** What it would cost there, as far as that is known. */
  readonly prices: BatchEstimate["fallbacks"];
}

export const FallbackView: Component<FallbackProps> = (props) => {
  const chosen = () => props.elsewhere.providers.filter((id) => props.providers.some((each) => each.id === id));
  const left = (place: number) => props.providers.filter(({ id }) => !chosen().slice(0, place).includes(id));
  /** One choice for each provider, and one more while others are left. */
  const places = () => chosen().concat(chosen().length < fallbackLimits.orders && left(chosen().length).length > 0 ? [""] : []);
  const choose = (place: number, id: string) => {
    const rest = chosen()
      .slice(place + 1)
      .filter((each) => each !== id);
    props.onChange({ ...props.elsewhere, providers: [...chosen().slice(0, place), ...(id === "" ? [] : [id]), ...rest] });
  };
  const priceOf = (id: string) => {
    const price = props.prices.find(({ provider }) => provider === id);
    if (price === undefined) return undefined;
    if (price.credits > 0) return `About ${formatPrice(price.credits, price.creditType)} a video.`;
    return props.providers.find((each) => each.id === id)?.account?.untold === true ? "Its price is not told." : "Free.";
  };
  return (
    <>
      {/* By place: who chooses with the keys stays in the field, whatever is chosen. */}
      <Index each={places()}>
        {(id, place) => (
          <Select
            label={place === 0 ? "If this fails, try" : "And then"}
            help={priceOf(id())}
            value={id()}
            onChange={(next) => choose(place, next)}
            options={[
              { value: "", label: place === 0 ? "Nobody else" : "Nobody" },
              ...left(place).map((each) => ({ value: each.id, label: each.title })),
            ]}
          />
        )}
      </Index>
      <Show when={chosen().length > 0}>
        <Several
          label="When"
          error={occasionsProblem(props.elsewhere)}
          options={occasions.map(({ value, label }) => ({ value, label, checked: props.elsewhere.on.includes(value) }))}
          onChange={(value, on) =>
            props.onChange({
              ...props.elsewhere,
              on: occasions.flatMap((each) => ((each.value === value ? on : props.elsewhere.on.includes(each.value)) ? [each.value] : [])),
            })
          }
        />
        <NumberField
          label="Or when it has waited, minutes"
          help="Nothing: however long. Tried again is first; what was paid, or may have been taken, is sent nowhere else."
          error={minutesProblem(props.elsewhere)}
          min={1}
          max={mostMinutes}
          step={1}
          value={props.elsewhere.afterMinutes}
          onChange={(afterMinutes) => props.onChange({ ...props.elsewhere, afterMinutes })}
        />
      </Show>
    </>
  );
};
