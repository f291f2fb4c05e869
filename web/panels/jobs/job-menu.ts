// The menu of one job or of several: what can be done, with the keys that do the same.
import Ban from "lucide-solid/icons/ban";
import ChevronsUp from "lucide-solid/icons/chevrons-up";
import CirclePause from "lucide-solid/icons/circle-pause";
import CirclePlay from "lucide-solid/icons/circle-play";
import Clapperboard from "lucide-solid/icons/clapperboard";
import Columns from "lucide-solid/icons/columns-2";
import Dices from "lucide-solid/icons/dices";
import ExternalLink from "lucide-solid/icons/external-link";
import GitCompare from "lucide-solid/icons/git-compare";
import Link from "lucide-solid/icons/link";
import Link2 from "lucide-solid/icons/link-2";
import ListChecks from "lucide-solid/icons/list-checks";
import ListVideo from "lucide-solid/icons/list-video";
import Pencil from "lucide-solid/icons/pencil";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { linkTo } from "#web/app/route.ts";
import { openPanel } from "#web/dock/panel.ts";
import { mayBeReplaced } from "#web/panels/generate/replacing.tsx";
import type { Draft } from "#web/store/draft.ts";
import { copyText } from "#web/ui/copy.ts";
import type { MenuItem } from "#web/ui/menu.tsx";
import type { Chosen } from "./actions.ts";

const itemsOfOne = (job: Job, draft: Draft, hasDock: boolean): ReadonlyArray<MenuItem> => {
  const { assetId } = job;
  return [
    { label: "Open", icon: ExternalLink, keys: "Enter", onSelect: () => openPanel("job", { jobId: job.id }) },
    ...(hasDock
      ? [{ label: "Open in another panel", icon: ListVideo, onSelect: () => openPanel("job", { jobId: job.id }, { another: true }) }]
      : []),
    ...(assetId === null ? [] : [{ label: "Show the result", icon: Clapperboard, onSelect: () => openPanel("asset", { assetId }) }]),
    {
      label: "Use these settings",
      icon: SlidersHorizontal,
      onSelect: () => {
        draft.fromJob(job);
        openPanel("generate", {});
      },
    },
    ...(mayBeReplaced(job)
      ? [
          {
            label: "Change it",
            icon: Pencil,
            onSelect: () => {
              draft.replaceJob(job);
              openPanel("generate", {});
            },
          },
        ]
      : []),
    ...(finalJobStates.has(job.state)
      ? []
      : [
          {
            label: "Use its result as input",
            icon: Link2,
            onSelect: () => {
              draft.useResult(job.id);
              openPanel("generate", {});
            },
          },
        ]),
    { label: "Copy link", icon: Link, onSelect: () => copyText("Link", linkTo("job", job.id)) },
    "separator",
  ];
};

interface MenuOf {
  readonly ids: ReadonlyArray<string>;
  /** Those of them that have not ended. */
  readonly open: ReadonlyArray<string>;
  /** Those that can be paused, and those that are. */
  readonly waiting: ReadonlyArray<string>;
  readonly paused: ReadonlyArray<string>;
  /** Where there is one only. */
  readonly job: Job | undefined;
  readonly draft: Draft;
  /** Offered on touch screens. */
  readonly onSelectSeveral: (() => void) | null;
  readonly onRetry: (ids: ReadonlyArray<string>, newSeed: boolean) => void;
  readonly onCancel: (ids: ReadonlyArray<string>) => void;
  /** How many of them have a result. */
  readonly results: number;
  readonly onCompare: (ids: ReadonlyArray<string>) => void;
  readonly onPause: (chosen: Chosen) => void;
  readonly onResume: (chosen: Chosen) => void;
  /** Where two can be chosen. */
  readonly onDifferences?: (ids: ReadonlyArray<string>) => void;
  readonly onRunNext: (ids: ReadonlyArray<string>) => void;
}

/** Of several their results, of one those of its batch. */
const compareItem = ({ ids, job, results, onCompare }: MenuOf): ReadonlyArray<MenuItem> => {
  const many = ids.length > 1;
  return many || (job !== undefined && job.batchId !== null)
    ? [
        {
          label: many ? "Compare results" : "Compare the results of its batch",
          icon: Columns,
          keys: "C",
          disabled: many && results < 2,
          onSelect: () => onCompare(ids),
        },
      ]
    : [];
};

/** Of two: what was asked differently, the later one held against the earlier. */
const differenceItems = ({ ids, onDifferences }: MenuOf): ReadonlyArray<MenuItem> =>
  ids.length === 2 && onDifferences !== undefined ? [{ label: "What differs", icon: GitCompare, onSelect: () => onDifferences(ids) }] : [];

/** Of those that do not run yet; nothing where there are none. */
const queueItems = ({ waiting, paused, job, ids, onPause, onResume, onRunNext }: MenuOf): ReadonlyArray<MenuItem> => {
  const some = (verb: string, of: ReadonlyArray<string>) => (of.length > 1 ? `${verb} ${of.length}` : verb);
  const batchId = ids.length === 1 && job !== undefined && !finalJobStates.has(job.state) ? job.batchId : null;
  const items: ReadonlyArray<MenuItem> = [
    ...(waiting.length === 0
      ? []
      : [
          { label: waiting.length > 1 ? `Run ${waiting.length} next` : "Run next", icon: ChevronsUp, onSelect: () => onRunNext(waiting) },
          { label: some("Pause", waiting), icon: CirclePause, keys: "P", onSelect: () => onPause({ ids: waiting }) },
        ]),
    ...(paused.length === 0
      ? []
      : [{ label: some("Resume", paused), icon: CirclePlay, keys: "P", onSelect: () => onResume({ ids: paused }) }]),
    ...(batchId === null
      ? []
      : [
          { label: "Pause its batch", icon: CirclePause, onSelect: () => onPause({ batchId }) },
          { label: "Resume its batch", icon: CirclePlay, onSelect: () => onResume({ batchId }) },
        ]),
  ];
  return items.length === 0 ? [] : [...items, "separator"];
};

export const jobMenu = (of: MenuOf): ReadonlyArray<MenuItem> => {
  const { ids, open, job, draft, onSelectSeveral, onRetry, onCancel } = of;
  const many = ids.length > 1;
  return [
    ...(job === undefined || many ? [] : itemsOfOne(job, draft, onSelectSeveral === null)),
    ...(onSelectSeveral === null ? [] : [{ label: "Select several", icon: ListChecks, onSelect: onSelectSeveral }]),
    ...differenceItems(of),
    ...queueItems(of),
    { label: many ? `Run ${ids.length} again` : "Run again", icon: RotateCcw, keys: "R", onSelect: () => onRetry(ids, false) },
    { label: "Run again with a new seed", icon: Dices, keys: "Shift R", onSelect: () => onRetry(ids, true) },
    ...compareItem(of),
    "separator",
    {
      label: many && open.length > 0 ? `Cancel ${open.length}` : "Cancel",
      icon: Ban,
      keys: "Del",
      danger: true,
      disabled: open.length === 0,
      onSelect: () => onCancel(open),
    },
  ];
};
