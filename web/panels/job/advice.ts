// What a person can do about a generation that failed, by the kind of failure. Pure.
import type { FailureKind } from "#protocol/job.ts";

interface Advice {
  readonly title: string;
  readonly next: string;
  /** Whether the same request may succeed when it is made again. */
  readonly again: boolean;
}

export const adviceFor = (kind: FailureKind): Advice => {
  switch (kind) {
    case "authentication":
      return { title: "The provider refused the account", next: "Sign the account in again, then run the job again.", again: true };
    case "credits":
      return { title: "The account is out of credits", next: "Add credits, or choose another provider.", again: true };
    case "limit":
      return { title: "The provider had no room", next: "Run it again later: nothing was started.", again: true };
    case "filtered":
      return {
        title: "Refused by the provider's content rules",
        next: "Change the prompt or the inputs. The same request would be refused again.",
        again: false,
      };
    case "parameters":
      return { title: "The request does not fit the provider", next: "Open the settings in Generate and correct them.", again: false };
    case "provider":
      return { title: "The provider failed", next: "Run it again, or with a new seed if it fails the same way.", again: true };
    case "network":
      return {
        title: "No usable answer came from the provider",
        next: "It was tried again without success: run it again later.",
        again: true,
      };
    case "lost":
      return { title: "The provider no longer knows this generation", next: "Run it again.", again: true };
    case "input":
      return {
        title: "An input or the result could not be read",
        next: "Check that the inputs are still there and play, then run it again.",
        again: true,
      };
    case "storage":
      return {
        title: "A file could not be stored or read",
        next: "See to it that the disk has room and that the archive of originals can be reached, or ask who runs this PixSim; then run it again.",
        again: true,
      };
    case "timeout":
      return { title: "It took too long", next: "Run it again, with less length or quality if that helps.", again: true };
    case "internal":
      return {
        title: "Something is wrong in PixSim",
        next: "Run it again; if it fails again, the log of the server says more.",
        again: true,
      };
  }
};
