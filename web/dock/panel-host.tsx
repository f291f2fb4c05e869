// Draws one panel wherever it stands: loads its code on first sight, and keeps a fault inside it, so that the others go on.
import CircleAlert from "lucide-solid/icons/circle-alert";
import { createMemo, ErrorBoundary, lazy, Suspense, type Accessor, type Component, type JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import { panels } from "#web/panels/index.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { Button } from "#web/ui/button.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import type { PanelId, PanelParams, PanelProps, PanelSpec } from "./panel.ts";
import "./panel-host.css";

const lazyView = <K extends PanelId>(spec: PanelSpec<K>): Component<PanelProps<K>> => lazy(spec.load);

/** Made once, so that a panel that is opened again is the same component. */
const views: { readonly [K in PanelId]: Component<PanelProps<K>> } = {
  generate: lazyView(panels.generate),
  jobs: lazyView(panels.jobs),
  queue: lazyView(panels.queue),
  gallery: lazyView(panels.gallery),
  job: lazyView(panels.job),
  asset: lazyView(panels.asset),
  compare: lazyView(panels.compare),
  accounts: lazyView(panels.accounts),
  spend: lazyView(panels.spend),
  limits: lazyView(panels.limits),
  prompts: lazyView(panels.prompts),
  scenes: lazyView(panels.scenes),
  scene: lazyView(panels.scene),
};

interface HostProps<K extends PanelId> {
  readonly id: K;
  readonly params: PanelParams[K];
  readonly visible: Accessor<boolean>;
  readonly setTitle: (title: string) => void;
  /** Nothing around it bears its name. */
  readonly named: boolean;
}

export const PanelHost = <K extends PanelId>(props: HostProps<K>): JSX.Element => {
  const view = createMemo((): Component<PanelProps<K>> => views[props.id]);
  return (
    <section class="panel" tabIndex={-1} data-panel={props.id} aria-label={props.named ? panels[props.id].title : undefined}>
      <ErrorBoundary
        fallback={(error: unknown, reset) => (
          <EmptyState
            tone="bad"
            icon={CircleAlert}
            title="This panel has stopped working"
            actions={<Button onClick={reset}>Start it again</Button>}
          >
            {sentenceOf(error)} The other panels are not affected.
          </EmptyState>
        )}
      >
        <Suspense fallback={<Skeleton class="panel-loading" />}>
          <Dynamic component={view()} params={props.params} visible={props.visible} setTitle={props.setTitle} />
        </Suspense>
      </ErrorBoundary>
    </section>
  );
};
