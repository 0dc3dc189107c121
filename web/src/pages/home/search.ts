/** Home takes nothing after the `?`. */
export const homeSearch = (): Record<string, never> => ({});
