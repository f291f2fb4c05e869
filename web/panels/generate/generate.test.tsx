import { cleanup, fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { accounts } from "#protocol/account.ts";
import type { CallArgs, CallOutput } from "#protocol/contract.ts";
import { gridSize } from "#protocol/grid.ts";
import type { ProviderSpec } from "#protocol/job.ts";
import { quotas } from "#protocol/quota.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { allCommands } from "#web/app/commands.ts";
import { sampleAccount, sampleAsset, sampleJob } from "#web/store/testing.ts";
import { remote } from "#web/panels/accounts/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { formatMoment } from "#web/ui/format.ts";
import { presetsKey, readPresets } from "./presets.ts";
import GeneratePanel from "./generate.tsx";

const params = z.toJSONSchema(
  z.object({
    prompt: z.string().min(1).max(100).meta({ title: "Prompt", "x-widget": "prompt" }),
    duration: z.number().min(1).max(15).default(5).meta({ title: "Duration", "x-widget": "slider" }),
    seed: z.int().min(0).max(9999).optional().meta({ title: "Seed", "x-widget": "seed" }),
    camera: z.enum(["auto", "panLeft", "panRight", "pushIn", "pullOut"]).default("auto").meta({ title: "Camera" }),
  }),
  { io: "input" },
);
const studio: ProviderSpec = {
  id: "studio",
  title: "Studio",
  summary: "Drawn here.",
  concurrency: 2,
  account: null,
  operations: [
    { operation: "text_to_video", title: "Text to video", summary: "From words.", params, inputs: [] },
    {
      operation: "image_to_video",
      title: "Image to video",
      summary: "From a picture.",
      params,
      inputs: [{ role: "image", title: "Picture", accepts: ["image"], min: 1, max: 1, named: false }],
    },
  ],
};
const pausedByMe = { ...accounts.topics.pauses.example.delta, everybody: false, provider: null, since: 1, rev: 1 };
const picture = sampleAsset({ id: "ast_p", mediaType: "image", name: "fox.png" });

const opened = recordOpened();
afterEach(() => {
  localStorage.clear();
  vi.useRealTimers();
});

/** What each costs 2 and takes 1.5 s for. */
const estimated = ({ request, count, grid }: CallArgs<"jobs.estimate">, creditType: string | null = null): CallOutput<"jobs.estimate"> => {
  const jobs = count * (grid === undefined ? 1 : gridSize(grid));
  const part = { provider: request.provider, jobs, credits: 2 * jobs, creditType, durationMs: 1500 * jobs, waitMs: 0 };
  return { credits: 2, durationMs: 1500, waitMs: 0, jobs, parts: [part], accounts: [], refusals: [], waits: [], fallbacks: [] };
};

const show = async (handlers: Parameters<typeof renderInWorkspace>[0] = {}) => {
  const shown = renderInWorkspace(
    {
      "jobs.providers": () => ({ providers: [studio] }),
      "jobs.estimate": (asked) => estimated(asked),
      "jobs.create": ({ count }) => ({ jobs: Array.from({ length: count }, (_, index) => sampleJob({ id: `job_n${index}` })) }),
      "assets.many": () => ({ assets: [picture] }),
      ...handlers,
    },
    () => <GeneratePanel params={{}} visible={() => true} setTitle={() => undefined} />,
  );
  await screen.findByLabelText("Prompt");
  return shown;
};
const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const tap = (element: Element) => {
  fireEvent.pointerDown(element, { button: 0, pointerType: "mouse" });
  fireEvent.pointerUp(element, { button: 0, pointerType: "mouse" });
};
const openMenu = (name: string) => {
  tap(screen.getByRole("button", { name }));
  return screen.findByRole("menu", { name });
};
const chooseIn = async (menu: string, name: string) => {
  await openMenu(menu);
  tap(await screen.findByText(name, { selector: "[role^=menuitem] *" }));
};
const created = (client: Awaited<ReturnType<typeof show>>["client"]) =>
  client.calls.filter(({ name }) => name === "jobs.create").map(({ input }) => input);

describe("the Generate panel", () => {
  it("draws the provider's form with its defaults and sends what it says", async () => {
    const { client } = await show();
    type("Prompt", "a fox in the snow");
    fireEvent.change(screen.getByLabelText("Camera"), { target: { value: "2" } });
    press("Generate");
    await screen.findByText("The video is on its way");
    expect(created(client)).toEqual([
      {
        request: {
          operation: "text_to_video",
          provider: "studio",
          params: { prompt: "a fox in the snow", duration: 5, camera: "panRight" },
          inputs: [],
          priority: 5,
        },
        count: 1,
      },
    ]);
  });

  it("asks for it not before a time and after others, and not for a time that has passed", async () => {
    const { client } = await show({
      "jobs.create": ({ request: { scheduledFor } }) => ({
        jobs: [sampleJob(scheduledFor === undefined ? { state: "queued" } : { state: "scheduled", scheduledFor })],
      }),
    });
    type("Prompt", "a fox in the snow");
    type("Not before", "2001-01-01T10:00");
    press("Generate");
    const field = screen.getByLabelText("Not before");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(created(client)).toEqual([]);
    // A server takes no time that is further ahead.
    type("Not before", "2199-01-01T10:00");
    press("Generate");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(created(client)).toEqual([]);
    const nextYear = `${new Date().getFullYear() + 1}-01-01T10:00`;
    type("Not before", nextYear);
    expect(field.getAttribute("aria-invalid")).toBeNull();
    fireEvent.change(screen.getByLabelText("Turn"), { target: { value: "7" } });
    press("Generate");
    await screen.findByText(`The video is scheduled for ${formatMoment(new Date(nextYear).getTime(), Date.now())}`);
    expect(created(client)).toMatchObject([{ request: { priority: 7, scheduledFor: new Date(nextYear).getTime() } }]);
    // Once more is at once.
    const again = screen.getByRole<HTMLButtonElement>("button", { name: "Again with a new seed" });
    await waitFor(() => expect(again.disabled).toBe(false));
    press("Again with a new seed");
    await waitFor(() => expect(created(client)).toHaveLength(2));
    expect(created(client)[1]).not.toHaveProperty("request.scheduledFor");
  });

  it("does not send what is wrong, but says at the field what is needed", async () => {
    const { client } = await show();
    press("Generate");
    const prompt = screen.getByLabelText("Prompt");
    await waitFor(() => expect(prompt.getAttribute("aria-invalid")).toBe("true"));
    expect(document.getElementById(prompt.getAttribute("aria-describedby") ?? "")?.textContent).toContain("Describe");
    expect(created(client)).toEqual([]);
    type("Prompt", "x");
    expect(prompt.getAttribute("aria-invalid")).toBeNull();
  });

  it("puts the server's refusal at the field it speaks of", async () => {
    await show({
      "jobs.create": () => {
        throw new CallError("invalid_input", "The input does not fit.", {
          issues: [{ path: ["request", "params", "duration"], message: "At most 10 s at 1080p." }],
        });
      },
    });
    type("Prompt", "a fox");
    press("Generate");
    await waitFor(() => expect(screen.getByLabelText("Duration").getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByText("At most 10 s at 1080p.")).toBeTruthy();
  });

  it("says what any other failure was, and can be sent again", async () => {
    const { client } = await show({
      "jobs.create": () => {
        throw new CallError("quota_exceeded", "At most 10 jobs at a time.", { quota: "jobs", limit: 10 });
      },
    });
    type("Prompt", "a fox");
    press("Generate");
    expect((await screen.findByRole("alert")).textContent).toBe("At most 10 jobs at a time.");
    press("Generate");
    await waitFor(() => expect(created(client)).toHaveLength(2));
  });

  it("asks for several, and refuses more than it may", async () => {
    const { client } = await show();
    type("Prompt", "a fox");
    type("How many", "21");
    press("Generate");
    await screen.findByText("From 1 to 20.");
    type("How many", "3");
    press("Generate 3");
    await screen.findByText("3 videos are on their way");
    expect(created(client)).toMatchObject([{ count: 3 }]);
  });

  it("repeats the last request with a new seed", async () => {
    const { client } = await show();
    type("Prompt", "a fox");
    type("Seed", "77");
    press("Generate");
    const again = await screen.findByRole<HTMLButtonElement>("button", { name: "Again with a new seed" });
    await waitFor(() => expect(again.disabled).toBe(false));
    fireEvent.click(again);
    await waitFor(() => expect(created(client)).toHaveLength(2));
    expect(created(client)).toMatchObject([{ request: { params: { seed: 77 } } }, { request: { params: { prompt: "a fox" } } }]);
    expect(created(client)[1]).not.toHaveProperty("request.params.seed");
  });

  it("repeats nothing while a job that waits is being changed", async () => {
    const job = sampleJob({ id: "job_w", state: "waitingForSlot", prompt: "a hare", params: { prompt: "a hare", duration: 9 } });
    const { client, workspace } = await show({ "jobs.replace": () => job });
    const repeat = () => allCommands().find(({ id }) => id === "generate.repeat");
    type("Prompt", "a fox");
    press("Generate");
    const again = await screen.findByRole<HTMLButtonElement>("button", { name: "Again with a new seed" });
    await waitFor(() => expect(again.disabled).toBe(false));
    const before = repeat();
    expect(before).toBeDefined();
    workspace.draft.replaceJob(job);
    await screen.findByText("Changes a job that waits; its place in the queue stays.");
    expect(repeat()).toBeUndefined();
    // As a list of commands has it that was opened before.
    before?.run();
    await Promise.resolve();
    expect(client.calls.filter(({ name }) => name === "jobs.replace")).toEqual([]);
    expect(created(client)).toHaveLength(1);
    workspace.draft.replaceNothing();
    await waitFor(() => expect(repeat()).toBeDefined());
  });

  it("shows what it costs and how long it takes, for as many as are asked for", async () => {
    await show();
    type("Prompt", "a fox");
    type("How many", "4");
    await screen.findByText("8 credits");
    expect(screen.getByText("about 3 s")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Generate 4 · 8 credits" })).toBeTruthy();
  });

  it("varies a prompt by all that its choices can become", async () => {
    await show();
    type("Prompt", "a {red|grey} fox");
    press("Vary: Prompt");
    press("Write out all 2 texts");
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt: values").value).toBe("a red fox\na grey fox");
    expect(screen.queryByRole("button", { name: /Write out/ })).toBeNull();
    await screen.findByRole("button", { name: "Generate 2 · 4 credits" });
  });

  it("goes on at other providers in the order that is chosen, with what each takes, and says what it costs there", async () => {
    const [first] = studio.operations;
    const shorter = z.toJSONSchema(
      z.object({
        prompt: z.string().max(100).meta({ title: "Prompt", "x-widget": "prompt" }),
        duration: z.number().max(4).default(4).meta({ title: "Duration" }),
      }),
      { io: "input" },
    );
    const other = { ...studio, id: "other", title: "Other", operations: [{ ...first!, params: shorter }] };
    const { client } = await show({
      "jobs.providers": () => ({ providers: [studio, other, { ...studio, id: "third", title: "Third" }] }),
      "jobs.estimate": (asked) => ({ ...estimated(asked), fallbacks: [{ provider: "other", credits: 45, creditType: "credits" }] }),
    });
    const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
    type("Prompt", "a fox");
    expect(screen.queryByRole("group", { name: "When" })).toBeNull();
    const firstChoice = screen.getByLabelText<HTMLSelectElement>("If this fails, try");
    choose("If this fails, try", "third");
    choose("If this fails, try", "other");
    // The arrow keys go through the providers in one field, which must stay it.
    expect(screen.getByLabelText("If this fails, try")).toBe(firstChoice);
    expect(firstChoice.value).toBe("other");
    choose("And then", "third");
    expect(screen.queryAllByLabelText("And then")).toHaveLength(1);
    await screen.findByText("About 45 credits a video.");
    const when = () => within(screen.getByRole("group", { name: "When" }));
    const box = when().getByLabelText("It fails there");
    fireEvent.click(box);
    expect(when().getByLabelText("It fails there")).toBe(box);
    fireEvent.click(when().getByLabelText("No account can take it"));
    press(/^Generate/);
    await screen.findByText("Choose at least one occasion, or a time.");
    expect(created(client)).toEqual([]);
    fireEvent.click(when().getByLabelText("The content is refused"));
    type("Or when it has waited, minutes", "10");
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    const params = { prompt: "a fox", duration: 5, camera: "auto" };
    expect(created(client)).toMatchObject([
      {
        request: {
          provider: "studio",
          params,
          fallback: {
            on: ["filtered"],
            afterMs: 600_000,
            orders: [
              { provider: "other", params: { prompt: "a fox", duration: 4 } },
              { provider: "third", params },
            ],
          },
        },
      },
    ]);
    // What was sent has been answered.
    await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: /^Again with a new seed/ }).disabled).toBe(false));
    choose("If this fails, try", "");
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(2));
    expect(created(client)[1]).toMatchObject({ request: { fallback: { orders: [{ provider: "third", params }] } } });
    expect(created(client)[1]).not.toMatchObject({ request: { fallback: { orders: [{}, {}] } } });
  });

  it("varies fields and providers: says how many that are and what they cost, and leaves out what is not wanted", async () => {
    const { client } = await show({
      "jobs.providers": () => ({ providers: [studio, { ...studio, id: "other", title: "Other" }] }),
      "jobs.estimate": (asked) => ({ ...estimated(asked), waits: ["An account at Other: add one."] }),
    });
    type("Prompt", "a fox");
    press("Vary: Duration");
    type("Duration: values", "3, 99");
    press(/^Generate/);
    await screen.findByText("99: At most 15.");
    type("Duration: values", "3, 9");
    press("Vary: Camera");
    fireEvent.click(within(screen.getByRole("group", { name: "Camera: values" })).getByLabelText("Pan left"));
    press("Vary: Provider");
    fireEvent.click(screen.getByLabelText("Other"));
    await screen.findByRole("button", { name: "Generate 8 · 16 credits" });
    expect(screen.getByText("An account at Other: add one.")).toBeTruthy();
    fireEvent.click(screen.getByLabelText("9 · Pan left · Other"));
    await screen.findByRole("button", { name: "Generate 7 · 14 credits" });
    expect(screen.getByText("8 combinations, 1 left out")).toBeTruthy();
    press("Generate 7 · 14 credits");
    await waitFor(() => expect(created(client)).toHaveLength(1));
    const params = { prompt: "a fox", duration: 3, camera: "auto" };
    expect(created(client)).toEqual([
      {
        request: { operation: "text_to_video", provider: "studio", params, inputs: [], priority: 5 },
        count: 1,
        grid: {
          axes: [
            { by: "param", param: "duration", values: [3, 9] },
            { by: "param", param: "camera", values: ["auto", "panLeft"] },
            { by: "provider", values: [{ provider: "studio" }, { provider: "other", params }] },
          ],
          without: [[1, 1, 1]],
        },
      },
    ]);
    press("One value again: Duration");
    await screen.findByRole("button", { name: "Generate 4 · 8 credits" });
  });

  it("says at the varied field which of its values the server refuses", async () => {
    await show({
      "jobs.create": () => {
        throw new CallError("invalid_input", "", {
          issues: [{ path: ["grid", "axes", 0, "values", 1], message: "At duration 15: At most 10 s at 1080p." }],
        });
      },
    });
    type("Prompt", "a fox");
    press("Vary: Duration");
    type("Duration: values", "5, 15");
    press("Generate 2");
    await screen.findByText("At duration 15: At most 10 s at 1080p.");
    expect(screen.getByLabelText("Duration: values").getAttribute("aria-invalid")).toBe("true");
  });

  it("says while one types that settings do not go together, at the field, until they do", async () => {
    const refusal = "At most 10 s at 1080p.";
    await show({
      "jobs.estimate": (asked) => {
        if (asked.request.params["duration"] === 15) {
          throw new CallError("invalid_input", refusal, { issues: [{ path: ["request", "params", "duration"], message: refusal }] });
        }
        return estimated(asked);
      },
    });
    type("Prompt", "a fox");
    type("Duration", "15");
    await screen.findByText(refusal);
    expect(screen.getByLabelText("Duration").getAttribute("aria-invalid")).toBe("true");
    press("see what is marked");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Duration")));
    type("Duration", "10");
    await screen.findByText("2 credits");
    expect(screen.queryByText(refusal)).toBeNull();
  });

  it("says why jobs would wait only as long as they would: it looks again as soon as something has changed", async () => {
    let waits = ["All 6 places at Studio are taken."];
    const { client } = await show({ "jobs.estimate": (asked) => ({ ...estimated(asked), waits }) });
    const asked = () => client.calls.filter(({ name }) => name === "jobs.estimate").length;
    client.snapshot("jobs.jobs", { jobs: [], next: null, counts: {} });
    client.snapshot("accounts.pauses", { pauses: [pausedByMe] });
    type("Prompt", "a fox");
    await screen.findByText("All 6 places at Studio are taken.");
    const before = asked();
    client.deltas("jobs.jobs", [sampleJob({ id: "job_other", state: "completed", createdAt: Date.now() + 1000 })]);
    await waitFor(() => expect(asked()).toBeGreaterThan(before), { timeout: 30_000 });
    waits = [];
    client.deltas("accounts.pauses", [{ ...pausedByMe, since: null, rev: 2 }]);
    await waitFor(() => expect(screen.queryByText("All 6 places at Studio are taken.")).toBeNull(), { timeout: 30_000 });
  });

  it("says that jobs are paused from when they are, also where nothing stood in the way before", async () => {
    let waits: Array<string> = [];
    const { client } = await show({ "jobs.estimate": (asked) => ({ ...estimated(asked), waits }) });
    client.snapshot("accounts.pauses", { pauses: [] });
    type("Prompt", "a fox");
    await screen.findByRole("button", { name: "Generate · 2 credits" });
    waits = ["All jobs are paused by you."];
    client.deltas("accounts.pauses", [pausedByMe]);
    expect(await screen.findByText("All jobs are paused by you.", {}, { timeout: 30_000 })).toBeTruthy();
  });

  it("says after it has sent something whether the next would have to wait, and of what is refused only that", async () => {
    let refusals: Array<string> = [];
    let waits: Array<string> = [];
    const { client } = await show({
      "jobs.estimate": (asked) => ({ ...estimated(asked), refusals, waits }),
      "jobs.create": () => {
        waits = ["Your budget has no room."];
        return { jobs: [sampleJob({ id: "job_w", state: "waitingForSlot" })] };
      },
    });
    type("Prompt", "a fox");
    await screen.findByRole("button", { name: "Generate · 2 credits" });
    press(/^Generate/);
    expect(await screen.findByText("Your budget has no room.", {}, { timeout: 30_000 })).toBeTruthy();
    press(/^Generate/);
    const news = () => screen.queryAllByText("The video is in the queue").flatMap((title) => title.closest("li") ?? []);
    const told = () => news().find(({ textContent }) => textContent?.includes("Your budget has no room."));
    await waitFor(() => expect(told()).toBeDefined());
    fireEvent.click(within(told()!).getByRole("button", { name: "Dismiss" }));
    refusals = ["Your budget allows no more."];
    client.snapshot("accounts.pauses", { pauses: [pausedByMe] });
    expect(await screen.findByText("Your budget allows no more.", {}, { timeout: 30_000 })).toBeTruthy();
    expect(screen.queryByText("Your budget has no room.")).toBeNull();
  });

  it("says once why it was refused, where that was said before", async () => {
    const refusal = "At most 3 of your jobs may be open.";
    await show({
      "jobs.estimate": (asked) => ({ ...estimated(asked), refusals: [refusal] }),
      "jobs.create": () => {
        throw new CallError("quota_exceeded", refusal);
      },
    });
    type("Prompt", "a fox");
    await screen.findByText(refusal);
    press(/^Generate/);
    await screen.findByRole("alert");
    expect(screen.getAllByText(refusal)).toHaveLength(1);
  });

  it("shows no price that is of something else, but keeps it while only the words change", async () => {
    let held: Promise<void> | null = null;
    let letGo: () => void = () => undefined;
    await show({
      "jobs.estimate": async (asked) => {
        await held;
        return estimated(asked);
      },
    });
    type("Prompt", "a fox");
    await screen.findByRole("button", { name: "Generate · 2 credits" });
    held = new Promise((resolve) => (letGo = resolve));
    type("Prompt", "a fox in the snow");
    expect(screen.getByRole("button", { name: "Generate · 2 credits" })).toBeTruthy();
    type("Duration", "9");
    expect(screen.getByRole("button", { name: "Generate" })).toBeTruthy();
    expect(screen.getByText("Looking up time and cost …")).toBeTruthy();
    letGo();
    await screen.findByRole("button", { name: "Generate · 2 credits" });
  });

  it("says that time and cost could not be looked up, where the server did not answer, and asks again, ever more rarely", async () => {
    let away = true;
    const { client } = await show({
      "jobs.estimate": (asked) => {
        if (away) throw new CallError("unavailable", "Not now.");
        return estimated(asked);
      },
    });
    vi.useFakeTimers();
    type("Prompt", "a fox");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(screen.getByText("Time and cost could not be looked up.")).toBeTruthy();
    expect(client.calls.filter(({ name }) => name === "jobs.estimate")).toHaveLength(4);
    away = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(screen.getByText("2 credits")).toBeTruthy();
    expect(screen.queryByText("Time and cost could not be looked up.")).toBeNull();
  });

  it("does not hold what clashed before against what the server did not answer to", async () => {
    let fails = new CallError("invalid_input", "Not so.", {
      issues: [{ path: ["request", "params", "duration"], message: "At most 10 s." }],
    });
    await show({
      "jobs.estimate": () => {
        throw fails;
      },
    });
    type("Prompt", "a fox");
    type("Duration", "15");
    await screen.findByText(/^Not all of this goes together/);
    fails = new CallError("unavailable", "Not now.");
    type("Duration", "10");
    await screen.findByText("Time and cost could not be looked up.", {}, { timeout: 30_000 });
    expect(screen.queryByText(/^Not all of this goes together/)).toBeNull();
  });

  it("leads to what does not go together only where a field is marked", async () => {
    let path: ReadonlyArray<string> = ["request", "params", "duration"];
    await show({
      "jobs.estimate": () => {
        throw new CallError("invalid_input", "Not so.", { issues: [{ path, message: "Too much at once." }] });
      },
    });
    type("Prompt", "a fox");
    await screen.findByRole("button", { name: "see what is marked" });
    path = ["count"];
    type("Duration", "10");
    // What was marked is none any more, even before the server has said so.
    expect(screen.queryByRole("button", { name: "see what is marked" })).toBeNull();
    expect(await screen.findByText("Too much at once.", { selector: ".generate-send *" }, { timeout: 30_000 })).toBeTruthy();
    expect(screen.getByText(/^Not all of this goes together/).textContent).toBe("Not all of this goes together.");
    expect(screen.queryByRole("button", { name: "see what is marked" })).toBeNull();
  });

  it("does not call free what a provider charges without saying how much, alone or beside others", async () => {
    const untold = { ...remote.account!, creditType: null, untold: true };
    await show({
      "jobs.providers": () => ({ providers: [studio, { ...studio, id: "gateway", title: "Gateway", account: untold }] }),
      "jobs.estimate": (asked) => ({
        ...estimated(asked),
        parts:
          asked.grid === undefined
            ? [{ provider: asked.request.provider, jobs: 1, credits: 0, creditType: null, durationMs: 1500, waitMs: 0 }]
            : [
                { provider: "studio", jobs: 1, credits: 320, creditType: "USD cents", durationMs: 1500, waitMs: 0 },
                { provider: "gateway", jobs: 1, credits: 0, creditType: null, durationMs: 1500, waitMs: 0 },
              ],
        fallbacks: [{ provider: "gateway", credits: 0, creditType: null }],
      }),
    });
    type("Prompt", "a fox");
    await screen.findByText("free");
    expect(screen.getByRole("button", { name: "Generate · free" })).toBeTruthy();
    fireEvent.change(screen.getByLabelText("If this fails, try"), { target: { value: "gateway" } });
    await screen.findByText("Its price is not told.");
    fireEvent.change(screen.getByLabelText("Provider"), { target: { value: "gateway" } });
    await screen.findByText("price not told by Gateway");
    expect(screen.getByRole("button", { name: "Generate" })).toBeTruthy();
    press("Vary: Provider");
    fireEvent.click(within(screen.getByRole("group", { name: "Side by side" })).getByLabelText("Studio"));
    await screen.findByText("$3.20 and what Gateway charges");
    expect(screen.getByRole("button", { name: "Generate 2 · $3.20 and more" })).toBeTruthy();
  });

  it("offers other providers right where they are asked for, and no more once the form is cleared", async () => {
    await show({ "jobs.providers": () => ({ providers: [studio, { ...studio, id: "other", title: "Other" }] }) });
    type("How many", "7");
    press("Vary: Provider");
    const beside = screen.getByRole("group", { name: "Side by side" });
    expect(beside.compareDocumentPosition(screen.getByLabelText("Make")) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    press("Clear the form");
    expect(screen.queryByRole("group", { name: "Side by side" })).toBeNull();
    expect(screen.getByRole("button", { name: "Generate" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Vary: Provider" })).toBeTruthy();
  });

  it("leads to the accounts where the provider needs one and there is none, and says what is wrong with those there are", async () => {
    const { client } = await show({ "jobs.providers": () => ({ providers: [remote, studio] }) });
    client.snapshot("accounts.accounts", { accounts: [] });
    await screen.findByText("PixVerse needs an account of yours, and there is none yet.");
    expect(screen.getByRole("option", { name: "PixVerse (needs an account)" })).toBeTruthy();
    press("Add an account");
    expect(opened).toEqual(['accounts {"provider":"pixverse"}']);
    const own = sampleAccount({ state: "exhausted", reason: "It has 3 credits left: top it up, then test it." });
    client.snapshot("accounts.accounts", { accounts: [own] });
    await screen.findByText(/No account at PixVerse takes jobs now: they would wait. It has 3 credits left/);
    client.deltas("accounts.accounts", [{ ...own, state: "available", reason: null, rev: 41 }]);
    await waitFor(() => expect(screen.queryByText(/takes jobs now/)).toBeNull());
    fireEvent.change(screen.getByLabelText("Provider"), { target: { value: "studio" } });
    expect(screen.queryByText(/needs an account of yours/)).toBeNull();
  });

  it("counts in what the provider counts in, and with the places of its accounts", async () => {
    const { client } = await show({
      "jobs.providers": () => ({ providers: [{ ...remote, account: { ...remote.account, creditType: "USD" } }] }),
      "jobs.estimate": (asked) => estimated(asked, "USD"),
    });
    client.snapshot("accounts.accounts", { accounts: [sampleAccount({ granted: 2 })] });
    type("Prompt", "a fox");
    type("How many", "4");
    expect(await screen.findByRole("button", { name: "Generate 4 · 8 USD" })).toBeTruthy();
    expect(screen.getByText("about 3 s")).toBeTruthy();
  });

  it("takes an asset from elsewhere and changes to an operation that uses it", async () => {
    const { workspace, client } = await show();
    type("Prompt", "it moves");
    workspace.assets.put([picture]);
    workspace.draft.useAsset(picture);
    const slot = await screen.findByRole("region", { name: "Picture" });
    expect(within(slot).getByText("fox.png")).toBeTruthy();
    press("Generate");
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)).toMatchObject([
      { request: { operation: "image_to_video", params: { prompt: "it moves" }, inputs: [{ assetId: "ast_p", role: "image" }] } },
    ]);
  });

  it("goes on from what a job is still to make", async () => {
    const { workspace, client } = await show();
    type("Prompt", "it moves");
    workspace.jobs.put([sampleJob({ id: "job_9", prompt: "a fox", state: "processing" })]);
    workspace.draft.useResult("job_9");
    const slot = await screen.findByRole("region", { name: "Picture" });
    expect(within(slot).getByText("Last frame of “a fox”")).toBeTruthy();
    press("Generate");
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)).toMatchObject([
      { request: { operation: "image_to_video", inputs: [{ jobId: "job_9", frame: "last", role: "image" }] } },
    ]);
  });

  it("uploads a dropped file into its slot, and names what does not belong there", async () => {
    const { workspace } = await show();
    workspace.draft.useAsset(picture);
    const slot = await screen.findByRole("region", { name: "Picture" });
    const drop = (file: File) => fireEvent.drop(slot, { dataTransfer: { types: ["Files"], files: [file], getData: () => "" } });
    drop(new File(["x"], "clip.mp4", { type: "video/mp4" }));
    await screen.findByText("Some files were left out");
    drop(new File(["x"], "cat.png", { type: "image/png" }));
    expect(await within(slot).findByText("cat.png")).toBeTruthy();
  });

  it("keeps what was typed over a reload", async () => {
    await show();
    type("Prompt", "a fox that stays");
    cleanup();
    await show();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("a fox that stays");
  });

  it("knows after a reload still where its words are from, the style, the values of variables and where else it is to go", async () => {
    const handlers = { "jobs.providers": () => ({ providers: [studio, { ...studio, id: "other", title: "Other" }] }) };
    const before = await show(handlers);
    const text = "a ${colour} fox";
    before.workspace.draft.usePrompt(text, { negative: "", origin: { versionId: "prv_1", title: "Fox", number: 1, text, negative: "" } });
    before.workspace.draft.useStyle({ versionId: "prv_s", title: "Oil", text: "oil on canvas", negative: "" });
    await screen.findByText("Fox, version 1");
    type("colour", "red");
    fireEvent.change(screen.getByLabelText("If this fails, try"), { target: { value: "other" } });
    cleanup();
    const { client } = await show(handlers);
    expect(await screen.findByText("Fox, version 1")).toBeTruthy();
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({
      request: {
        prompt: { versionId: "prv_1", styleVersionId: "prv_s", variables: { colour: "red" } },
        fallback: { orders: [{ provider: "other" }] },
      },
    });
  });

  it("keeps what is varied over a reload, and what is left out of it: it would ask for one video, or for more than was wanted", async () => {
    const handlers = { "jobs.providers": () => ({ providers: [studio, { ...studio, id: "other", title: "Other" }] }) };
    await show(handlers);
    type("Prompt", "a fox");
    press("Vary: Duration");
    type("Duration: values", "3, 9");
    press("Vary: Camera");
    fireEvent.click(within(screen.getByRole("group", { name: "Camera: values" })).getByLabelText("Pan left"));
    press("Vary: Provider");
    fireEvent.click(screen.getByLabelText("Other"));
    fireEvent.click(await screen.findByLabelText("9 · Pan left · Other"));
    await screen.findByRole("button", { name: "Generate 7 · 14 credits" });
    cleanup();
    const { client } = await show(handlers);
    press(await screen.findByText("8 combinations, 1 left out").then(() => "Generate 7 · 14 credits"));
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({ grid: { axes: [{ values: [3, 9] }, {}, { by: "provider" }], without: [[1, 1, 1]] } });
  });

  it("takes of what another version has kept what it can read, and begins anew where that is nothing", async () => {
    const kept = { provider: "studio", operation: "text_to_video", values: { prompt: "a fox of old" }, origin: { id: 7 }, style: "Oil" };
    localStorage.setItem("pixsim.draft.usr_1", JSON.stringify(kept));
    await show();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("a fox of old");
    cleanup();
    localStorage.setItem("pixsim.draft.usr_1", JSON.stringify({ ...kept, values: "a fox" }));
    await show();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("");
  });

  it("fills itself from a job", async () => {
    const { workspace } = await show();
    workspace.draft.fromJob(sampleJob({ params: { prompt: "an old one", duration: 9, camera: "pushIn", seed: 5 } }));
    await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("an old one"));
    expect(screen.getByLabelText<HTMLInputElement>("Seed").value).toBe("5");
  });

  it("changes a job that waits, in its place, until it waits no more", async () => {
    const job = sampleJob({
      id: "job_w",
      state: "waitingForSlot",
      name: "Fox",
      prompt: "an old one",
      params: { prompt: "an old one", duration: 9 },
      fallback: {
        on: ["filtered"],
        afterMs: 90_000,
        orders: [{ provider: "other", operation: "text_to_video", params: {}, credits: 2 }],
        switches: [],
      },
    });
    const { client, workspace } = await show({
      "jobs.providers": () => ({ providers: [studio, { ...studio, id: "other", title: "Other" }] }),
      "jobs.replace": ({ request }) => {
        if (request.params["prompt"] === "too late") {
          throw new CallError("conflict", "It has been sent already.");
        }
        return { ...job, rev: 90 };
      },
    });
    // When a new one would be made says nothing of it.
    type("Not before", "2001-01-01T10:00");
    fireEvent.input(screen.getByLabelText("How many"), { target: { value: "4" } });
    workspace.draft.replaceJob(job);
    await screen.findByText("Changes a job that waits; its place in the queue stays.");
    expect(screen.queryByLabelText("Turn")).toBeNull();
    // However many were to be made of a new one.
    expect(screen.queryByLabelText("How many")).toBeNull();
    await waitFor(() => expect(client.calls.findLast(({ name }) => name === "jobs.estimate")?.input).toMatchObject({ count: 1 }));
    type("Prompt", "too late");
    press("Vary: Camera");
    fireEvent.click(screen.getByLabelText("Pan left"));
    press(/^Change it/);
    expect((await screen.findByRole("alert")).textContent).toContain("One job is changed into one");
    press("One value again: Camera");
    press(/^Change it/);
    await screen.findByText("It has been sent already.");
    type("Prompt", "a hare");
    press(/^Change it/);
    await screen.findByText("Changed: it keeps its place");
    const asked = client.calls.filter(({ name }) => name === "jobs.replace").map(({ input }) => input);
    const fallback = { on: ["filtered"], afterMs: 120_000, orders: [{ provider: "other" }] };
    expect(asked.at(-1)).toMatchObject({ id: "job_w", request: { name: "Fox", params: { prompt: "a hare", duration: 9 }, fallback } });
    expect(asked.at(-1)).not.toHaveProperty("request.scheduledFor");
    expect(created(client)).toEqual([]);
    expect(screen.getByLabelText("Turn")).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("How many").value).toBe("4");
    workspace.draft.replaceJob(job);
    await screen.findByText("“Fox”");
    type("Prompt", "too late");
    press(/^Change it/);
    await screen.findByRole("alert");
    workspace.jobs.put([{ ...job, state: "submitting", rev: 99 }]);
    await waitFor(() => expect(screen.queryByText("“Fox”")).toBeNull());
    // What was said of that one says nothing of a new one.
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("keeps its settings under a name, brings them back, and deletes them with a way back", async () => {
    const { client, workspace } = await show();
    const names = () => readPresets(workspace.preferences.get(presetsKey)).map(({ name }) => name);
    type("Prompt", "a fox in the snow");
    fireEvent.change(screen.getByLabelText("Camera"), { target: { value: "2" } });
    await chooseIn("Presets", "Keep this form as a preset…");
    press("Keep");
    await screen.findByText("Give it a name of up to 60 characters.");
    type("Name", " foxes ");
    press("Keep");
    await screen.findByText("Preset “foxes” is kept");
    expect(names()).toEqual(["foxes"]);

    press("Clear the form");
    expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("");
    // Where it was to go on is kept with it.
    expect(readPresets(workspace.preferences.get(presetsKey))[0]?.elsewhere).toBeUndefined();
    await chooseIn("Presets", "foxes");
    await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe("a fox in the snow"));
    press("Generate");
    await waitFor(() =>
      expect(created(client)).toMatchObject([{ request: { params: { prompt: "a fox in the snow", camera: "panRight" } } }]),
    );

    await chooseIn("Presets", "Delete presets…");
    press("Delete foxes");
    await screen.findByText("Preset “foxes” is deleted");
    expect(names()).toEqual([]);
    // The last one gone, the list of them closes.
    await waitFor(() => expect(screen.queryByRole("button", { name: "Delete foxes" })).toBeNull());
    fireEvent.click(within(screen.getByText("Preset “foxes” is deleted").closest("li") ?? document.body).getByText("Undo"));
    expect(names()).toEqual(["foxes"]);
  });

  it("offers no more urgency than may be asked for", async () => {
    const turns = () => [...screen.getByLabelText("Turn").querySelectorAll("option")].map(({ textContent }) => textContent);
    const quota = (topPriority: number) => ({ "quotas.get": () => ({ ...quotas.calls.get.example.output, topPriority }) });
    await show(quota(5));
    expect(turns()).toEqual(["In turn", "After others"]);
    cleanup();
    const { client } = await show(quota(0));
    await waitFor(() => expect(turns()).toEqual(["Before others", "In turn", "After others"]));
    type("Prompt", "a fox in the snow");
    expect(screen.getByLabelText<HTMLSelectElement>("Turn").value).toBe("5");
    fireEvent.change(screen.getByLabelText("Turn"), { target: { value: "2" } });
    press("Generate");
    await waitFor(() => expect(created(client)).toMatchObject([{ request: { priority: 2 } }]));
  });

  it("says that the providers could not be read, and tries again", async () => {
    let fails = true;
    renderInWorkspace(
      {
        "jobs.providers": () => {
          if (fails) {
            throw new CallError("unavailable", "Not reachable now.");
          }
          return { providers: [studio] };
        },
      },
      () => <GeneratePanel params={{}} visible={() => true} setTitle={() => undefined} />,
    );
    await screen.findByText("Not reachable now.");
    fails = false;
    press("Try again");
    expect(await screen.findByLabelText("Prompt")).toBeTruthy();
  });
});

describe("choices and variables in the prompt", () => {
  it("are explained below the prompt alone, which is the one to write in, where there is a negative one too", async () => {
    const prompts = z.object({
      prompt: z.string().min(1).max(100).meta({ title: "Prompt", "x-widget": "prompt" }),
      negativePrompt: z.string().max(100).optional().meta({ title: "Negative prompt", "x-widget": "prompt" }),
    });
    const operations = [{ ...studio.operations[0]!, params: z.toJSONSchema(prompts, { io: "input" }) }];
    const { workspace } = await show({ "jobs.providers": () => ({ providers: [{ ...studio, operations }] }) });
    workspace.draft.usePrompt("a {red|grey} fox", { negative: "blurry" });
    expect(await screen.findAllByText("2 texts: each video takes one, by its seed.")).toHaveLength(1);
    expect(screen.getAllByRole("button", { name: "Save to the library" })).toHaveLength(1);
    allCommands()
      .find(({ id }) => id === "generate.prompt")
      ?.run();
    expect(document.activeElement).toBe(screen.getByLabelText("Prompt"));
  });

  it("are explained below it, filled in there, and sent for the server to draw", async () => {
    const { client } = await show();
    type("Prompt", "a {red|grey} fox in ${place:the snow}, ${light}");
    expect(await screen.findByText(/^Each video takes its own words|^2 texts/)).toBeTruthy();
    expect(screen.getByLabelText("place").getAttribute("placeholder")).toBe("the snow");
    type("light", "at dusk");
    expect(await screen.findByText("2 texts: each video takes one, by its seed.")).toBeTruthy();
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({
      request: { params: { prompt: "a {red|grey} fox in ${place:the snow}, ${light}" }, prompt: { variables: { light: "at dusk" } } },
    });
    await waitFor(() => expect(screen.getByRole("button", { name: /^Generate/ }).hasAttribute("disabled")).toBe(false));
    type("Prompt", "a fox");
    expect(screen.queryByLabelText("light")).toBeNull();
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(2));
    expect(created(client)[1]).not.toHaveProperty("request.prompt");
  });

  it("that are written wrong are told with their place, and not sent", async () => {
    const { client } = await show();
    type("Prompt", "a {red|grey fox");
    expect((await screen.findByText(/^Character 3: This \{ is never closed/)).textContent).toContain("Add the }");
    press(/^Generate/);
    expect(await screen.findByText("Some fields need your attention.")).toBeTruthy();
    expect(screen.getByLabelText("Prompt").getAttribute("aria-invalid")).toBe("true");
    expect(created(client)).toEqual([]);
  });

  it("of a version of the library name it until something is changed; then it can be kept as the next one", async () => {
    const latest = {
      id: "prv_2",
      promptId: "prm_1",
      parentId: "prv_1",
      number: 2,
      text: "a {red|grey|white} fox",
      negative: "",
      note: "",
      rating: null,
      createdAt: 1,
    };
    const prompt = {
      id: "prm_1",
      ownerId: "usr_1",
      kind: "prompt" as const,
      title: "Fox",
      versions: 2,
      latest,
      createdAt: 1,
      changedAt: 1,
      deletedAt: null,
      rev: 2,
    };
    const { client, workspace } = await show({ "prompts.addVersion": () => prompt });
    const text = "a {red|grey} fox";
    workspace.draft.usePrompt(text, { negative: "", origin: { versionId: "prv_1", title: "Fox", number: 1, text, negative: "" } });
    workspace.draft.useStyle({ versionId: "prv_s", title: "Oil", text: "oil on canvas", negative: "" });
    expect(await screen.findByText("Fox, version 1")).toBeTruthy();
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({ request: { prompt: { versionId: "prv_1", styleVersionId: "prv_s", variables: {} } } });
    press("Without the style Oil");
    type("Prompt", latest.text);
    expect(await screen.findByText("Changed since Fox, version 1")).toBeTruthy();
    press("Save as a version");
    const dialog = await screen.findByRole("dialog", { name: "A new version of “Fox”" });
    fireEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Fox, version 2")).toBeTruthy();
    expect(client.calls.find(({ name }) => name === "prompts.addVersion")?.input).toEqual({
      parentId: "prv_1",
      text: latest.text,
      negative: "",
      note: "",
    });
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(2));
    expect(created(client)[1]).toMatchObject({ request: { prompt: { versionId: "prv_2" } } });
  });

  const styleOf = (title: string, text: string) => ({
    id: `prm_${title}`,
    ownerId: "usr_1",
    kind: "style" as const,
    title,
    versions: 1,
    latest: {
      id: `prv_${title}`,
      promptId: `prm_${title}`,
      parentId: null,
      number: 1,
      text,
      negative: "",
      note: "",
      rating: null,
      createdAt: 1,
    },
    createdAt: 1,
    changedAt: 1,
    deletedAt: null,
    rev: 1,
  });

  it("are put into a style that is chosen here, with what it asks for, and kept in a preset with it", async () => {
    const styles = [styleOf("Oil", "oil on canvas"), styleOf("Noir", "{prompt}, ${light}, film noir")];
    const { client } = await show({ "prompts.list": () => ({ prompts: styles, next: null }) });
    type("Prompt", "a fox");
    await chooseIn("Choose a style", "Noir");
    expect(client.calls.findLast(({ name }) => name === "prompts.list")?.input).toEqual({ kind: "style", limit: 500 });
    type("light", "dusk");
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({
      request: { params: { prompt: "a fox" }, prompt: { styleVersionId: "prv_Noir", variables: { light: "dusk" } } },
    });
    await chooseIn("Presets", "Keep this form as a preset…");
    type("Name", "dark foxes");
    press("Keep");
    press("Without the style Noir");
    expect(await screen.findByText("Style")).toBeTruthy();
    await chooseIn("Presets", "dark foxes");
    expect(await screen.findByText("Style: Noir")).toBeTruthy();
    await openMenu("Style: Noir, choose another");
    expect(await screen.findByRole("menuitemcheckbox", { name: "Oil" })).toBeTruthy();
    expect(screen.queryByRole("menuitem", { name: /There are more/ })).toBeNull();
  });

  it("say of more styles than a menu shows where the others are", async () => {
    await show({ "prompts.list": () => ({ prompts: [styleOf("Oil", "oil on canvas")], next: "more" }) });
    await openMenu("Choose a style");
    expect(await screen.findByRole("menuitem", { name: "There are more: use one from the library" })).toBeTruthy();
  });

  it("ask for what a style leaves open of which an earlier release kept no texts", async () => {
    const style = { versionId: "prv_Noir", title: "Noir" };
    const kept = { provider: "studio", operation: "text_to_video", values: { prompt: "a fox" }, style };
    localStorage.setItem("pixsim.draft.usr_1", JSON.stringify(kept));
    const noir = styleOf("Noir", "{prompt}, ${light}, film noir");
    const { client } = await show({ "prompts.version": () => ({ prompt: noir, version: noir.latest }) });
    fireEvent.input(await screen.findByLabelText("light"), { target: { value: "dusk" } });
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({ request: { prompt: { styleVersionId: "prv_Noir", variables: { light: "dusk" } } } });
    expect(client.calls.filter(({ name }) => name === "prompts.version").map(({ input }) => input)).toEqual([{ id: "prv_Noir" }]);
  });

  it("that are varied ask for the values of all their variables, and of those of the style", async () => {
    const { client, workspace } = await show();
    workspace.draft.useStyle({ versionId: "prv_s", title: "Noir", text: "{prompt} in ${light}", negative: "" });
    type("Prompt", "a fox");
    press("Vary: Prompt");
    type("Prompt: values", "a ${colour} fox\na wolf");
    type("colour", "red");
    type("light", "dusk");
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({
      request: { prompt: { styleVersionId: "prv_s", variables: { colour: "red", light: "dusk" } } },
    });
  });

  it("that are varied without a style are sent for the server to draw, also where the first has none", async () => {
    const { client, workspace } = await show();
    const text = "a fox";
    workspace.draft.usePrompt(text, { negative: "", origin: { versionId: "prv_1", title: "Fox", number: 1, text, negative: "" } });
    await screen.findByText("Fox, version 1");
    press("Vary: Prompt");
    type("Prompt: values", "a fox\na ${colour} wolf\na ${animal}");
    type("colour", "red");
    type("animal", "hare");
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({
      grid: { axes: [{ param: "prompt", values: ["a fox", "a ${colour} wolf", "a ${animal}"] }] },
    });
    expect(created(client)[0]).toHaveProperty("request.prompt", { variables: { colour: "red", animal: "hare" } });
  });

  it("that are varied are told at their field where they are written wrong, not where they were before, and may be as long as their choices are", async () => {
    const { client } = await show();
    type("Prompt", "a {red|grey fox");
    press("Vary: Prompt");
    type("Prompt: values", "a fox\na {red|grey wolf");
    press(/^Generate/);
    expect(await screen.findByText(/^a \{red\|grey wolf: Character 3: This \{ is never closed/)).toBeTruthy();
    expect(created(client)).toEqual([]);
    const long = `a {${Array.from({ length: 30 }, (_, at) => `fox ${at}`).join("|")}}`;
    type("Prompt: values", `a fox\n${long}`);
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({ grid: { axes: [{ values: ["a fox", long] }] } });
  });

  it("get a style that is written here, where the library has none or cannot be read", async () => {
    let fails = true;
    const { client } = await show({
      "prompts.list": () => {
        if (fails) {
          throw new CallError("unavailable", "Not reachable now.");
        }
        return { prompts: [], next: null };
      },
      "prompts.create": ({ title, text }) => styleOf(title, text),
    });
    await openMenu("Choose a style");
    expect(await screen.findByRole("menuitem", { name: "Not reachable now." })).toBeTruthy();
    tap(screen.getByRole("menuitem", { name: "Write a style …" }));
    const dialog = await screen.findByRole("dialog", { name: "Save to the library" });
    fails = false;
    fireEvent.input(within(dialog).getByLabelText("Title"), { target: { value: "Ink" } });
    fireEvent.input(within(dialog).getByLabelText("Text"), { target: { value: "ink on paper" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Style: Ink")).toBeTruthy();
    expect(client.calls.find(({ name }) => name === "prompts.create")?.input).toMatchObject({ kind: "style", title: "Ink" });
    await openMenu("Style: Ink, choose another");
    expect(await screen.findByRole("menuitem", { name: "The library has no styles yet" })).toBeTruthy();
  });

  it("of a job come back as the words that were sent", async () => {
    const { workspace, client } = await show();
    workspace.draft.fromJob(sampleJob({ prompt: "a wolf {1|2}", params: { prompt: "a wolf {1|2}", duration: 5 } }));
    await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Prompt").value).toBe(String.raw`a wolf \{1\|2\}`));
    press(/^Generate/);
    await waitFor(() => expect(created(client)).toHaveLength(1));
    expect(created(client)[0]).toMatchObject({ request: { prompt: { variables: {} } } });
  });
});
