// The mark: a play sign with the frames behind it. The same drawing as public/icon.svg.
import type { Component } from "solid-js";

export const Logo: Component<{ readonly size: number }> = (props) => (
  <svg width={props.size} height={props.size} viewBox="0 0 32 32" role="img" aria-label="PixSim">
    <rect width="32" height="32" rx="8" fill="#4f5fe0" />
    <path d="M12.5 9.6v12.8a1 1 0 0 0 1.52.86l10.2-6.4a1 1 0 0 0 0-1.7l-10.2-6.4a1 1 0 0 0-1.52.84z" fill="#fff" />
    <path d="M7 10v3M7 15v3M7 20v2" stroke="#fff" stroke-opacity=".7" stroke-width="2.4" stroke-linecap="round" />
  </svg>
);
