// A web host that knows nothing but files: what an exported story must play from.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".mp4": "video/mp4",
  ".m4a": "audio/mp4",
  ".webp": "image/webp",
};

export interface FolderServer {
  /** Of the folder, with a slash at its end. */
  readonly url: string;
  /** Names of files that are not answered the next time that they are asked for. */
  readonly stalling: Set<string>;
  readonly close: () => void;
}

export const serveFolder = async (folder: string): Promise<FolderServer> => {
  const stalling = new Set<string>();
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://host").pathname);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    if (stalling.delete(basename(file))) return;
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    createReadStream(join(folder, file))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`,
    stalling,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
