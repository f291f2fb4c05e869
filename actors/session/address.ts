// Where a playthrough is. Pure.
export const sessionAddress = (id: string): string => `session/${id}`;
