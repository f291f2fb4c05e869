// How the state of an account at a provider looks wherever it is shown: its word, its tone and its icon.
import BatteryLow from "lucide-solid/icons/battery-low";
import CircleCheck from "lucide-solid/icons/circle-check";
import CirclePause from "lucide-solid/icons/circle-pause";
import CircleX from "lucide-solid/icons/circle-x";
import LoaderCircle from "lucide-solid/icons/loader-circle";
import Snowflake from "lucide-solid/icons/snowflake";
import Trash from "lucide-solid/icons/trash";
import Users from "lucide-solid/icons/users";
import type { Component } from "solid-js";
import type { AccountState } from "#protocol/account.ts";
import { StateBadge, type StateLook } from "./state-badge.tsx";

export const accountStateLooks: Readonly<Record<AccountState, StateLook>> = {
  available: { label: "Available", tone: "ok", icon: CircleCheck, live: false },
  saturated: { label: "All places taken", tone: "active", icon: Users, live: false },
  coolingDown: { label: "Cooling down", tone: "warn", icon: Snowflake, live: false },
  exhausted: { label: "Exhausted", tone: "bad", icon: BatteryLow, live: false },
  reauthenticating: { label: "Being checked", tone: "info", icon: LoaderCircle, live: true },
  erring: { label: "Failing", tone: "bad", icon: CircleX, live: false },
  disabled: { label: "Paused", tone: "neutral", icon: CirclePause, live: false },
  removed: { label: "Removed", tone: "neutral", icon: Trash, live: false },
};

export const AccountStateBadge: Component<{ readonly state: AccountState }> = (props) => (
  <StateBadge look={accountStateLooks[props.state]} />
);
