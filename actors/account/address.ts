// Where accounts and pools are found. Pure.
export const accountAddress = (id: string): string => `account/${id}`;
/** Of the accounts of a provider. */
export const poolAddress = (provider: string): string => `pool/${provider}`;
