// Chromium for the tests: one that hears everything a page complains of. A page may only fail where a test says that it must.
import { chromium, type Browser, type BrowserContext, type ConsoleMessage, type Page, type Request } from "playwright-core";
import { findChromium, howToGetChromium } from "#ops/services/chromium.ts";

/** Time that anything a test waits for may take, ms. Far more than it takes, since the machine may be busy. */
export const patience = 30_000;

/** This machine by a name that browsers do not trust, as they trust no address of another machine that speaks plain HTTP. */
export const untrusted = "studio.test";

/** Throws one line when no browser is installed. */
export const openBrowser = (): Promise<Browser> => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(howToGetChromium);
  return chromium.launch({
    executablePath,
    args: ["--autoplay-policy=no-user-gesture-required", "--mute-audio", `--host-resolver-rules=MAP ${untrusted} 127.0.0.1`],
  });
};

export interface Device {
  readonly context: BrowserContext;
  /** A new tab. */
  readonly open: () => Promise<Page>;
  /** What pages complained of since the last look: errors on the console and in scripts, requests that failed or were refused. */
  readonly complaints: () => ReadonlyArray<string>;
  /** While it runs the server may be gone: that connections then fail is not a complaint. */
  readonly duringOutage: <T>(run: () => Promise<T>) => Promise<T>;
}

const isOutage = (text: string): boolean => /ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|INTERNET_DISCONNECTED)/.test(text);
/** That a page is not served securely is said of each that comes from `untrusted`: the rest of what it is sent holds. */
const isOfTrust = (text: string): boolean => text.includes("the URL's origin was untrustworthy");
/** The page itself called it off: a player that seeks, a page that is left. */
const isCalledOff = (request: Request): boolean => request.failure()?.errorText === "net::ERR_ABORTED";

/** A browser of its own: storage, sessions and cache are shared with no other device. */
export const openDevice = async (browser: Browser): Promise<Device> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(patience);
  let heard: Array<string> = [];
  let outages = 0;
  const hear = (text: string): void => {
    if ((outages === 0 || !isOutage(text)) && !isOfTrust(text)) heard.push(text);
  };
  context.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error" || message.type() === "warning") hear(`console ${message.type()}: ${message.text()}`);
  });
  context.on("weberror", (error) => hear(`script: ${String(error.error())}`));
  context.on("requestfailed", (request) => {
    if (!isCalledOff(request)) hear(`${request.method()} ${request.url()} failed: ${request.failure()?.errorText ?? "unknown"}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) hear(`${response.request().method()} ${response.url()} answered ${response.status()}`);
  });
  return {
    context,
    open: () => context.newPage(),
    complaints: () => {
      const all = heard;
      heard = [];
      return all;
    },
    duringOutage: async (run) => {
      outages += 1;
      try {
        return await run();
      } finally {
        outages -= 1;
      }
    },
  };
};
