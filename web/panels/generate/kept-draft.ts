// What was typed into the form, kept in this browser, so that a reload loses nothing.

const storageKey = (userId: string) => `pixsim.draft.${userId}`;

export const readDraft = (userId: string): unknown => {
  try {
    return JSON.parse(localStorage.getItem(storageKey(userId)) ?? "null");
  } catch {
    // Unreadable or forbidden storage: the form starts with its defaults.
    return null;
  }
};

export const writeDraft = (userId: string, draft: unknown): void => {
  try {
    localStorage.setItem(storageKey(userId), JSON.stringify(draft));
  } catch {
    // A full or forbidden storage: the form is then not there after a reload.
  }
};
