// Reading a resource without letting the panel around it wait.
import type { Resource } from "solid-js";

/** What it has brought; undefined while it is on its way or where it failed. The nearest `Suspense` does not hear of it. */
export const brought = <T>(resource: Resource<T>): T | undefined => (resource.state === "ready" ? resource() : undefined);
