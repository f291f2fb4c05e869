// A file on its way: its name, how far it is, and a button that stops it.
import X from "lucide-solid/icons/x";
import type { Component } from "solid-js";
import type { Upload } from "#web/store/uploads.ts";
import { IconButton } from "./button.tsx";
import { Progress } from "./feedback.tsx";
import { formatBytes } from "./format.ts";

export const UploadRow: Component<{ readonly upload: Upload }> = (props) => {
  const stored = () => props.upload.stored();
  const share = () => (stored() ?? 0) / Math.max(props.upload.size, 1);
  return (
    <>
      <span class="truncate">{props.upload.name}</span>
      <Progress label={`Uploading ${props.upload.name}`} value={share()} />
      <span class="muted">{stored() === null ? "Waiting" : `${formatBytes(stored() ?? 0)} of ${formatBytes(props.upload.size)}`}</span>
      <IconButton size="s" label={`Stop uploading ${props.upload.name}`} icon={X} onClick={() => props.upload.cancel()} />
    </>
  );
};
