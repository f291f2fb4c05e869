import { describe, expect, it } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { sampleAccount } from "#web/store/testing.ts";
import { checkDraft, draftOf, fieldsOf, newDraft, placeRefusal, toAdd, toUpdate } from "./account-form.ts";
import { remote } from "./testing.ts";

const fields = fieldsOf(remote.account);
const account = sampleAccount({ settings: { baseUrl: "https://gateway.example" } });
const filled = { ...newDraft(remote, remote.account, new Set()), secrets: { apiKey: "  sk-1  " } };

describe("the form of an account", () => {
  it("begins as the provider proposes it, under a name that is free", () => {
    expect(newDraft(remote, remote.account, new Set(["PixVerse", "PixVerse 2"]))).toEqual({
      title: "PixVerse 3",
      shared: false,
      concurrency: 5,
      priority: 5,
      dailyLimit: null,
      settings: { baseUrl: "https://app-api.pixverse.ai" },
      secrets: {},
    });
  });

  it("asks for what is long at the end", () => {
    const settings = { properties: { workflow: { type: "string", "x-widget": "prompt" }, baseUrl: { type: "string" } } };
    expect(fieldsOf({ ...remote.account, settings }).settings.map(({ key }) => key)).toEqual(["baseUrl", "workflow"]);
  });

  it("says at each field what is wrong, and asks for credentials only where they are to be sent", () => {
    const wrong = { ...filled, title: " ", concurrency: 101, dailyLimit: 0.5, secrets: {} };
    expect(Object.keys(checkDraft(fields, wrong, true))).toEqual(["title", "concurrency", "dailyLimit", "secrets.apiKey"]);
    expect(checkDraft(fields, { ...filled, secrets: {} }, false)).toEqual({});
    expect(checkDraft(fields, filled, true)).toEqual({});
  });

  it("becomes what is sent, credentials without the blanks around them", () => {
    expect(toAdd("pixverse", fields, filled)).toEqual({
      provider: "pixverse",
      title: "PixVerse",
      settings: { baseUrl: "https://app-api.pixverse.ai" },
      secrets: { apiKey: "sk-1" },
      shared: false,
      concurrency: 5,
      priority: 5,
      dailyLimit: null,
    });
  });

  it("sends only what was changed, and nothing where nothing was", () => {
    const draft = draftOf(account, remote.account);
    expect(toUpdate(account, fields, draft, false)).toBeNull();
    expect(toUpdate(account, fields, { ...draft, concurrency: 3, dailyLimit: 20 }, false)).toEqual({
      id: "acc_1",
      concurrency: 3,
      dailyLimit: 20,
    });
    const moved = { ...draft, settings: { baseUrl: "https://other.example" }, secrets: { apiKey: "sk-2" } };
    expect(toUpdate(account, fields, moved, true)).toEqual({
      id: "acc_1",
      settings: { baseUrl: "https://other.example" },
      secrets: { apiKey: "sk-2" },
    });
  });

  it("puts a refusal where it belongs, and keeps what belongs nowhere", () => {
    const refusal = new CallError("invalid_input", "It does not fit.", {
      issues: [
        { path: ["secrets", "apiKey"], message: "Paste the API key." },
        { path: ["settings", "baseUrl"], message: "No address." },
        { path: ["settings", "region"], message: "There is no such field." },
      ],
    });
    expect(placeRefusal(refusal, fields)).toEqual({
      errors: { "secrets.apiKey": "Paste the API key.", "settings.baseUrl": "No address." },
      rest: ["settings.region: There is no such field."],
    });
    expect(placeRefusal(new CallError("quota_exceeded", "Too many."), fields)).toEqual({ errors: {}, rest: [] });
  });
});
