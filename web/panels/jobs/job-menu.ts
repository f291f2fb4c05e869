// The menu of one job or of several: what can be done, with the keys that do the same.
import Ban from "lucide-solid/icons/ban";
import Clapperboard from "lucide-solid/icons/clapperboard";
import Columns from "lucide-solid/icons/columns-2";
import Dices from "lucide-solid/icons/dices";
import ExternalLink from "lucide-solid/icons/external-link";
import Link from "lucide-solid/icons/link";
import ListChecks from "lucide-solid/icons/list-checks";
import ListVideo from "lucide-solid/icons/list-video";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import type { Job } from "#protocol/job.ts";
import { linkTo } from "#web/app/route.ts";
import { openPanel } from "#web/dock/panel.ts";
import type { Draft } from "#web/store/draft.ts";
import { copyText } from "#web/ui/copy.ts";
import type { MenuItem } from "#web/ui/menu.tsx";

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
    { label: "Copy link", icon: Link, onSelect: () => copyText("Link", linkTo("job", job.id)) },
    "separator",
  ];
};

interface MenuOf {
  readonly ids: ReadonlyArray<string>;
  /** Those of them that have not ended. */
  readonly open: ReadonlyArray<string>;
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

export const jobMenu = (of: MenuOf): ReadonlyArray<MenuItem> => {
  const { ids, open, job, draft, onSelectSeveral, onRetry, onCancel } = of;
  const many = ids.length > 1;
  return [
    ...(job === undefined || many ? [] : itemsOfOne(job, draft, onSelectSeveral === null)),
    ...(onSelectSeveral === null ? [] : [{ label: "Select several", icon: ListChecks, onSelect: onSelectSeveral }]),
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
