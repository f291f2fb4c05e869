// How a job's state looks wherever it is shown: its word, its tone and its icon.
import Ban from "lucide-solid/icons/ban";
import CalendarClock from "lucide-solid/icons/calendar-clock";
import CircleCheck from "lucide-solid/icons/circle-check";
import CirclePause from "lucide-solid/icons/circle-pause";
import CircleX from "lucide-solid/icons/circle-x";
import Clock from "lucide-solid/icons/clock";
import Download from "lucide-solid/icons/download";
import Hourglass from "lucide-solid/icons/hourglass";
import Link2 from "lucide-solid/icons/link-2";
import LoaderCircle from "lucide-solid/icons/loader-circle";
import PackageOpen from "lucide-solid/icons/package-open";
import Send from "lucide-solid/icons/send";
import ShieldAlert from "lucide-solid/icons/shield-alert";
import TimerOff from "lucide-solid/icons/timer-off";
import type { Component } from "solid-js";
import type { JobState, Operation } from "#protocol/job.ts";
import { StateBadge, type StateLook } from "./state-badge.tsx";

export const jobStateLooks: Readonly<Record<JobState, StateLook>> = {
  scheduled: { label: "Scheduled", tone: "neutral", icon: CalendarClock, live: false },
  paused: { label: "Paused", tone: "warn", icon: CirclePause, live: false },
  awaitingInputs: { label: "Awaiting inputs", tone: "neutral", icon: Link2, live: false },
  queued: { label: "Queued", tone: "neutral", icon: Clock, live: false },
  waitingForSlot: { label: "Waiting for slot", tone: "warn", icon: Hourglass, live: false },
  submitting: { label: "Submitting", tone: "info", icon: Send, live: true },
  processing: { label: "Processing", tone: "active", icon: LoaderCircle, live: true },
  downloading: { label: "Downloading", tone: "info", icon: Download, live: true },
  ingesting: { label: "Ingesting", tone: "info", icon: PackageOpen, live: true },
  cancelling: { label: "Cancelling", tone: "warn", icon: Ban, live: true },
  completed: { label: "Completed", tone: "ok", icon: CircleCheck, live: false },
  failed: { label: "Failed", tone: "bad", icon: CircleX, live: false },
  filtered: { label: "Filtered", tone: "bad", icon: ShieldAlert, live: false },
  cancelled: { label: "Cancelled", tone: "neutral", icon: Ban, live: false },
  timedOut: { label: "Timed out", tone: "bad", icon: TimerOff, live: false },
};

export const operationLabels: Readonly<Record<Operation, string>> = {
  text_to_video: "Text to video",
  image_to_video: "Image to video",
  video_extend: "Extend",
  video_edit: "Edit",
  video_transition: "Transition",
  fusion: "Fusion",
};

export const JobStateBadge: Component<{ readonly state: JobState }> = (props) => <StateBadge look={jobStateLooks[props.state]} />;
