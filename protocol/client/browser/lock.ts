// One tab at a time: by Web Locks where there are any, else (pages that are not served securely have none) by a lease in the storage
// that the tabs share, which ends by itself if its holder dies.

/** A holder that has not come back after this long is taken for dead, ms. */
const leaseMs = 20_000;
/** Two tabs that wrote at the same moment have seen each other's mark after this, ms. */
const settleMs = 40;

type LeaseStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const byLease = (storage: LeaseStorage, name: string, now: () => number): Exclusively => {
  const key = `${name}.lease`;
  const holder = (): { readonly owner: string; readonly until: number } | null => {
    const [owner = "", until = ""] = storage.getItem(key)?.split(" ") ?? [];
    return owner === "" || !(Number(until) > now()) ? null : { owner, until: Number(until) };
  };
  return async (work) => {
    const owner = crypto.getRandomValues(new Uint32Array(4)).join("-");
    for (;;) {
      if (holder() === null) {
        storage.setItem(key, `${owner} ${now() + leaseMs}`);
      }
      await rest(settleMs);
      if (holder()?.owner === owner) {
        break;
      }
    }
    try {
      return await work();
    } finally {
      if (holder()?.owner === owner) {
        storage.removeItem(key);
      }
    }
  };
};

export const exclusively = (storage: LeaseStorage, name: string): Exclusively => {
  // Typed as always present, but absent on insecure origins.
  const locks = navigator.locks as LockManager | null | undefined;
  return locks === null || locks === undefined ? byLease(storage, name, () => Date.now()) : (work) => locks.request(name, work);
};
