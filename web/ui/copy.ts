// Copying to the clipboard, with a word about whether it worked. Pages that are not served securely have no clipboard.
import { toast } from "./toast.tsx";

/** `what` names it in the toast: `Link`. */
export const copyText = (what: string, text: string): void => {
  const refused = () => toast("The browser did not allow copying", { tone: "warn", detail: text, stayMs: null });
  // Typed as always present, but absent on insecure origins.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) {
    refused();
  } else {
    void clipboard.writeText(text).then(() => toast(`${what} copied`), refused);
  }
};
