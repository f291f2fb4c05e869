// In place of what could not be read: why, and a button that asks for it again.
import CircleAlert from "lucide-solid/icons/circle-alert";
import type { Component } from "solid-js";
import { Button } from "./button.tsx";
import { EmptyState } from "./feedback.tsx";

interface FailedStateProps {
  /** `The jobs could not be read` */
  readonly title: string;
  readonly problem: string | null;
  readonly onRetry: () => void;
}

export const FailedState: Component<FailedStateProps> = (props) => (
  <EmptyState tone="bad" icon={CircleAlert} title={props.title} actions={<Button onClick={() => props.onRetry()}>Try again</Button>}>
    {props.problem}
  </EmptyState>
);
