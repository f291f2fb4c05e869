// What the workspace asks of the connection to the server: the part of the protocol's client that panels and stores use.
// Tests give an in-memory one.
import type { Client as WireClient } from "#protocol/client/client.ts";

export type Client = Pick<WireClient, "call" | "stream" | "follow" | "upload">;
