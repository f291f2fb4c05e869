import { describe, expect, it } from "vitest";
import { deviceName } from "#web/store/device.ts";
import { parseRoute } from "./route.ts";

describe("an address", () => {
  it("names a one-time link, a story that a guest plays, a job or an asset", () => {
    expect(parseRoute("#/welcome?token=k3v_-x")).toEqual({ kind: "welcome", token: "k3v_-x" });
    expect(parseRoute("#/job/job_1")).toEqual({ kind: "job", id: "job_1" });
    expect(parseRoute("#/play?link=k3v_-x")).toEqual({ kind: "play", link: "k3v_-x" });
    expect(parseRoute("#/asset/ast-9")).toEqual({ kind: "asset", id: "ast-9" });
  });

  it("of anything else names nothing", () => {
    for (const hash of [
      "",
      "#",
      "#/",
      "#/welcome",
      "#/welcome?token=",
      "#/play",
      "#/play?link=",
      "#/play?link=//evil.example",
      "#/job/",
      "#/job/a%2Fb",
      "#/job/<x>",
      "#/other/1",
      "#//",
    ]) {
      expect(parseRoute(hash)).toBeNull();
    }
  });
});

describe("the name of a device", () => {
  it("is what people call it", () => {
    expect(deviceName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36")).toBe(
      "Chrome on Linux",
    );
    expect(deviceName("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox on Windows");
    expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1")).toBe(
      "Safari on iOS",
    );
    expect(deviceName("?")).toBe("browser on unknown system");
  });
});
